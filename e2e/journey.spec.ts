// The main journey: somebody signs in to an application for the first time,
// pairs the phone on the way, and next time approves with the number. It is played
// as people have it: by the whole browser, and with what moves.
import { chromium } from './chromium.ts'
import { expect, test, type Language } from './fixtures.ts'
import { allow, giveNameAndPassword, mei, readNumber, scan, typeNumber } from './steps.ts'

test.use({ engine: 'whole', launchOptions: chromium('whole'), contextOptions: { reducedMotion: 'no-preference' } })

for (const language of ['en', 'ja'] satisfies Language[]) {
  test.describe(language, () => {
    test.use({ language })

    test('pair on the first sign-in, approve the next one by its number', async ({ demo, computer, phone, say }) => {
      await test.step('sign in with name and password', async () => {
        await computer.goto(demo.at.expenses)
        await computer.getByRole('link', { name: say('demo.expenses.signin') }).click()
        await giveNameAndPassword(computer, demo, say)
      })

      await test.step('scan the code, and say whose phone it is', async () => {
        await computer.getByRole('button', { name: say('security.start.go') }).click()
        await expect(computer.locator('.qr svg')).toBeVisible()
        await scan(phone, computer, demo, say)
        await expect(computer.getByRole('button', { name: say('security.taken.no') })).toBeVisible()
        await computer.getByRole('button', { name: say('security.taken.yes') }).click()
      })

      await test.step('try it once, and be signed in', async () => {
        const number = await readNumber(computer)
        await expect(phone.page.getByText(say('app.approve.title.test'))).toBeVisible()
        await typeNumber(phone, say, number)
        await expect(phone.page.getByText(say('app.pair.ready.title'))).toBeVisible()
        await allow(computer, say)
        await expect(computer.getByRole('heading', { name: say('demo.expenses.hello', { name: mei.name }) })).toBeVisible()
      })

      await test.step('sign in again, with the number', async () => {
        await phone.page.getByRole('button', { name: say('app.pair.ready.done') }).click()
        await computer.getByRole('link', { name: say('demo.expenses.again') }).click()
        await giveNameAndPasswordIfAsked()
        const number = await readNumber(computer)
        await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
        await expect(phone.page.getByRole('dialog')).not.toContainText([...number].join(' ')) // the codes below it are other numbers
        await typeNumber(phone, say, number)
        await expect(computer.getByRole('heading', { name: say('demo.expenses.hello', { name: mei.name }) })).toBeVisible()
        await expect(computer.getByRole('cell', { name: 'pwd, swk, mfa' })).toBeVisible()
      })

      async function giveNameAndPasswordIfAsked(): Promise<void> {
        const name = computer.getByLabel(say('signin.name.label'))
        const password = computer.getByLabel(say('signin.password.name'), { exact: true })
        await expect(name.or(password).first()).toBeVisible()
        if (await name.isVisible()) {
          await name.fill(mei.login)
          await computer.getByRole('button', { name: say('signin.name.next') }).click()
        }
        await password.fill(demo.at.password)
        await computer.getByRole('button', { name: say('signin.password.go') }).click()
      }
    })
  })
}
