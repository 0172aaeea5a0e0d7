// Two ways to be beside oneself: two phones that are asked at once, and a
// sign-in page on the phone that is asked.
import { expect, test } from './fixtures.ts'
import { firstLook, giveNameAndPassword, pair, readNumber, typeNumber } from './steps.ts'

test.describe('two phones', () => {
  test.use({ language: 'ja' })
  test('are both asked; one answers, and the other says that it is settled', async ({ computer, demo, phone, newPhone, say }) => {
    await firstLook(phone, computer, demo, say)
    await computer.goto(`${demo.at.id}/security/add`)
    await computer.getByRole('button', { name: say('security.add.app') }).click()
    await expect(computer.locator('.qr svg')).toBeVisible()
    const second = await newPhone()
    await pair(second, computer, demo, say)

    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    const number = await readNumber(computer)
    for (const { page } of [phone, second]) await expect(page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
    await typeNumber(second, say, number)
    await expect(second.page.getByText(say('app.approve.approved.title'))).toBeVisible()
    await expect(phone.page.getByText(say('app.approve.elsewhere.title'))).toBeVisible()
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
  })
})

test.describe('a sign-in on the phone itself', () => {
  test('leads to the app without its number, and goes on when one comes back', async ({ computer, demo, phone, say }) => {
    await firstLook(phone, computer, demo, say)
    const tab = await phone.context.newPage()
    await tab.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(tab, demo, say)
    const number = await readNumber(tab)
    const link = tab.getByRole('link', { name: say('signin.number.onphone') })
    expect(new URL((await link.getAttribute('href')) ?? '').searchParams.toString()).toBe('')
    const opened = phone.context.waitForEvent('page')
    await link.click()
    const app = await opened
    await expect(app.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
    expect(await readNumber(tab), 'it stays readable').toBe(number)
    await typeNumber({ page: app }, say, number)
    await expect(app.getByText(say('app.approve.approved.title'))).toBeVisible()
    await tab.bringToFront()
    await expect(tab).toHaveURL(`${demo.at.id}/security`)
  })
})
