// Without JavaScript on the computer: every page is a plain form, and pages
// that wait load themselves anew.
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures.ts'
import { allow, giveNameAndPassword, givePassword, mei, readNumber, scan, typeNumber } from './steps.ts'
import { watch } from './watch.ts'
import type { Say } from './words.ts'

test.describe('a browser without JavaScript', () => {
  test.use({ language: 'ja' })
  test('reaches an application on another origin, pairing the phone on the way', async ({ browser, complaints, demo, phone, say }) => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'ja-JP', timezoneId: 'Asia/Tokyo' })
    const computer = await context.newPage()
    await watch(context, complaints)

    await test.step('sign in with name and password', async () => {
      await computer.goto(demo.at.expenses)
      await computer.getByRole('link', { name: say('demo.expenses.signin') }).click()
      await giveNameAndPassword(computer, demo, say)
    })

    await test.step('the pairing page notices the phone by itself', async () => {
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await expect(refresh(computer)).toHaveCount(1)
      await scan(phone, computer, demo, say)
      await computer.getByRole('button', { name: say('security.taken.yes') }).click()
      await expect(refresh(computer)).toHaveCount(1)
      await typeNumber(phone, say, await readNumber(computer))
      await computer.getByRole('button', { name: say('security.test.finish') }).click()
      await phone.page.getByRole('button', { name: say('app.pair.ready.done') }).click()
    })

    await test.step('consent leads back to the application', async () => {
      await goOn(computer, say)
      await allow(computer, say)
      await expect(computer).toHaveURL(`${demo.at.expenses}/`)
      await expect(computer.getByRole('heading', { name: say('demo.expenses.hello', { name: mei.name }) })).toBeVisible()
    })

    await test.step('so does the number page', async () => {
      await computer.getByRole('link', { name: say('demo.expenses.again') }).click()
      await givePassword(computer, demo, say)
      await expect(refresh(computer)).toHaveCount(1)
      await typeNumber(phone, say, await readNumber(computer))
      await goOn(computer, say)
      await expect(computer.getByRole('cell', { name: 'pwd, swk, mfa' })).toBeVisible()
    })

    await test.step('and signing out', async () => {
      await computer.getByRole('button', { name: say('demo.expenses.signout') }).click()
      await expect(computer.getByRole('link', { name: say('demo.expenses.signin') })).toBeVisible()
      await computer.goto(`${demo.at.id}/security`)
      await expect(computer).toHaveURL(/\/signin\//)
    })
    await context.close()
  })
})

/** How a page without scripts looks again. */
function refresh(page: Page) {
  return page.locator('meta[http-equiv=refresh]')
}

/** The button that a script would press. */
async function goOn(page: Page, say: Say): Promise<void> {
  await page.getByRole('button', { name: say('signin.continue') }).click()
}
