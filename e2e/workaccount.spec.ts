// A work account changes phones while the old one is still at hand, all of it in
// Security info; and it ends for somebody who leaves.
import { Eye } from './eye.ts'
import { expect, test } from './fixtures.ts'
import { allow, firstLook, giveCode, giveNameAndPassword, mei, pair, readCode, readNumber, typeNumber } from './steps.ts'

const kenji = 'mori@aoba.example' // owns Aoba Works

for (const language of ['en', 'ja'] as const) {
  test.describe(`at work (${language})`, () => {
    test.use({ language })

    test('an account moves to a new phone with the old one at hand', async ({ computer, demo, newPhone, phone: old, say }, info) => {
      const eye = new Eye(language, info)
      await firstLook(old, computer, demo, say)
      const methods = computer.getByRole('link', { name: say('security.app.change', { name: say('app.pair.device.android') }) })
      const ofOld = await methods.getAttribute('href')
      const signIn = async () => {
        await computer.context().clearCookies()
        await computer.goto(`${demo.at.id}/signin?to=/security`)
        await giveNameAndPassword(computer, demo, say)
      }

      await test.step('the old phone lets in who adds the new one, which is tried before it counts', async () => {
        await signIn()
        await typeNumber(old, say, await readNumber(computer))
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
        await old.page.getByRole('button', { name: say('app.approve.done') }).click()
        await computer.goto(`${demo.at.id}/security/add`)
        await computer.getByRole('button', { name: say('security.add.app') }).click()
        await pair(await newPhone(), computer, demo, say)
        await computer.getByRole('link', { name: say('security.done.back') }).click()
        await expect(methods).toHaveCount(2)
      })

      const code = await readCode(old)
      await test.step('the old one is removed', async () => {
        await computer.goto(`${demo.at.id}${ofOld}`)
        await computer.getByRole('link', { name: say('security.remove.link') }).click()
        await computer.getByRole('button', { name: say('security.remove.go') }).click()
        await expect(methods).toHaveCount(1)
        if (language === 'ja') await eye.see(computer, 'moved')
      })

      await test.step('T4: its codes are worth nothing', async () => {
        await signIn()
        await computer.getByRole('link', { name: say('signin.ways.link') }).click()
        await computer.getByRole('link', { name: say('signin.code.name') }).click()
        await giveCode(computer, say, code)
        await expect(computer.getByText(say('signin.code.wrong'))).toBeVisible()
      })
    })

    test('whoever leaves loses everything at once: session, tokens, phone and password', async ({ browser, computer, demo, newPhone, phone, say }, info) => {
      const eye = new Eye(language, info)
      const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'ja-JP' })
      const theirs = await context.newPage()

      await test.step('somebody works: signed in, with an application that renews its tokens', async () => {
        await firstLook(phone, theirs, demo, say)
        await theirs.goto(demo.at.notes)
        await theirs.getByRole('button', { name: say('demo.notes.signin') }).click()
        await allow(theirs, say)
        await expect(theirs.getByRole('heading', { name: mei.name })).toBeVisible()
      })

      await test.step('an owner suspends them', async () => {
        await firstLook(await newPhone(), computer, demo, say, kenji)
        await computer.goto(`${demo.at.id}/admin/people`)
        await computer.getByRole('link', { name: mei.name }).click()
        await computer.getByRole('link', { name: say('console.deed.suspend'), exact: true }).click()
        await computer.getByRole('button', { name: say('console.deed.suspend.go'), exact: true }).click()
        await expect(computer.getByText(say('console.done.suspend'))).toBeVisible()
      })

      await test.step('A12: the application gets no new tokens, the browser is signed out, the phone is not asked', async () => {
        const refused = theirs.waitForResponse(`${demo.at.id}/token`)
        await theirs.getByRole('button', { name: say('demo.notes.refresh') }).click()
        expect((await refused).status()).toBe(400)
        await theirs.goto(`${demo.at.id}/security`)
        await expect(theirs).toHaveURL(/\/signin\//)
        await context.clearCookies()
        await theirs.goto(`${demo.at.id}/signin?to=/security`)
        await giveNameAndPassword(theirs, demo, say)
        await expect(theirs).toHaveURL(`${demo.at.id}/signin/ended`)
        if (language === 'en') await eye.see(theirs, 'left')
        await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeHidden()
      })

      await test.step('the phone says so, and comes back by itself', async () => {
        const row = phone.page.getByRole('link', { name: say('app.list.suspended') })
        await row.click()
        await eye.see(phone.page, 'a03-suspended', say('app.pair.suspended.title'))
        await phone.page.goto(`${demo.at.app}/#`)
        await eye.see(phone.page, 'a02-suspended', say('app.list.suspended'))
        await computer.getByRole('link', { name: say('console.deed.restore'), exact: true }).click()
        await computer.getByRole('button', { name: say('console.deed.restore.go'), exact: true }).click()
        await expect(row).toBeHidden()
        await readCode(phone)
      })
      await context.close()
    })
  })
}
