// The console: an owner sees to a report and helps people; each screen is looked
// at as in the walk, English by day and Japanese at night.
import type { Page } from '@playwright/test'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { firstLook, giveNameAndPassword, mei, readNumber } from './steps.ts'

const kenji = 'mori@aoba.example'
const looks: { language: Language; colorScheme: 'light' | 'dark' }[] = [
  { language: 'en', colorScheme: 'light' },
  { language: 'ja', colorScheme: 'dark' },
]

for (const look of looks) {
  test.describe(look.language, () => {
    test.use(look)

    test('an owner sees to a report, resets a password, suspends and restores', async ({ browser, computer, demo, language, newPhone, phone, say }, info) => {
      const eye = new Eye(language, info)
      await firstLook(phone, computer, demo, say, kenji)

      await test.step('somebody reports a sign-in that is not theirs', async () => {
        const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'ja-JP' })
        const theirs = await newPhone()
        await firstLook(theirs, await context.newPage(), demo, say)
        await context.clearCookies()
        const stranger = await context.newPage()
        await stranger.goto(`${demo.at.id}/signin?to=/security`)
        await giveNameAndPassword(stranger, demo, say)
        await readNumber(stranger)
        await theirs.page.getByRole('button', { name: say('app.approve.no') }).click()
        await theirs.page.getByRole('button', { name: say('app.approve.report') }).click()
        await expect(theirs.page.getByText(say('app.approve.reported.title'))).toBeVisible()
        await context.close()
      })

      const go = (key: string, role: 'link' | 'button' = 'link') => computer.getByRole(role, { name: say(key), exact: true }).click()
      await computer.goto(`${demo.at.id}/security`)
      await go('console.link.desk')
      await eye.see(computer, 'd1', say('console.title.some', { n: 1 }))
      await phoneSized(computer, () => eye.see(computer, 'd1-phone'))
      await go('console.people')
      await eye.see(computer, 'd2', mei.login)
      await phoneSized(computer, () => eye.see(computer, 'd2-phone'))
      await computer.getByLabel(say('console.search')).fill('tan')
      await go('console.search.go', 'button')
      await expect(computer.getByText(kenji)).toBeHidden()
      await computer.getByRole('link', { name: mei.name }).click()
      await eye.see(computer, 'd3', say('console.settle'))
      await phoneSized(computer, () => eye.see(computer, 'd3-phone'))

      await go('console.settle', 'button')
      await expect(computer.getByText(say('console.done.settle'))).toBeVisible()
      await go('console.deed.password')
      await eye.see(computer, 'd3-password')
      await go('console.deed.password.go', 'button')
      await eye.see(computer, 'd3-link', say('console.link.once'))
      const link = await computer.locator('.setup-code').innerText()
      expect(link).toMatch(/\/setup\/[A-Z2-7]{26}$/)
      await go('console.link.done')
      await go('console.deed.suspend')
      await eye.see(computer, 'd3-suspend')
      await go('console.deed.suspend.go', 'button')
      await eye.see(computer, 'd3-suspended', say('console.done.suspend'))
      await go('console.deed.restore')
      await go('console.deed.restore.go', 'button')
      await expect(computer.getByText(say('console.done.restore'))).toBeVisible()
      await go('console.deed.role')
      await eye.see(computer, 'd3-role')
      await go('console.cancel')
      await computer.getByRole('link', { name: say('console.remove') }).first().click()
      await eye.see(computer, 'd3-remove-app')

      await computer.goto(`${demo.at.id}/admin/people/add`)
      await computer.getByLabel(say('console.add.name'), { exact: true }).fill('Yui Kobayashi')
      await computer.getByLabel(say('console.add.login'), { exact: true }).fill(mei.login)
      await go('console.add.go', 'button')
      await eye.see(computer, 'd2-add', say('console.add.wrong.taken'))
      await computer.getByLabel(say('console.add.login'), { exact: true }).fill('yui@aoba.example')
      await go('console.add.go', 'button')
      await expect(computer.getByText(say('console.link.once'))).toBeVisible()

      await go('console.log')
      await eye.see(computer, 'd-log', say('console.kind.admin.added'))
      await phoneSized(computer, () => eye.see(computer, 'd-log-phone'))
      await computer.getByLabel(say('console.log.who'), { exact: true }).fill(mei.login)
      await computer.getByLabel(say('console.log.area'), { exact: true }).selectOption('admin')
      await go('console.log.go', 'button')
      await expect(computer.getByText(say('console.kind.admin.suspended'), { exact: true })).toBeVisible()
      await expect(computer.getByText(say('console.kind.admin.added'), { exact: true })).toHaveCount(0)
      await computer.getByRole('link', { name: /^CS-/ }).first().click()
      await eye.see(computer, 'd-explain-none', say('console.explain.norules'))
      await computer.goto(`${demo.at.id}/admin/log?area=signin`)
      await computer.getByRole('row', { name: say('console.kind.signin.asked') }).first().getByRole('link', { name: /^CS-/ }).click()
      await eye.see(computer, 'd-explain', say('console.explain.rules'))
      await phoneSized(computer, () => eye.see(computer, 'd-explain-phone'))
      await computer.goto(`${demo.at.id}/admin/log`)
      const saved = computer.waitForEvent('download')
      await go('console.log.lines')
      expect((await saved).suggestedFilename()).toBe('audit.jsonl')
      await go('console.server')
      await eye.see(computer, 'd-server')

      await test.step('the link leads to a new password', async () => {
        await computer.context().clearCookies()
        await computer.goto(link)
        await expect(computer.getByText(say('setup.gone.title'))).toBeVisible() // being suspended ended it
      })
    })
  })
}

/** Looks at a page on a phone, and goes back to the desk. */
async function phoneSized(page: Page, look: () => Promise<void>): Promise<void> {
  const before = page.viewportSize() ?? { width: 1280, height: 800 }
  await page.setViewportSize({ width: 390, height: 844 })
  await look()
  await page.setViewportSize(before)
}
