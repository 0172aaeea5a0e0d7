// Two phones of one person, which are asked at once.
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
