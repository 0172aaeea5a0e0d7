// Every answer that is not "yes" in time, as both people at the screen and
// at the phone see it.
import { expect, test, type Language } from './fixtures.ts'
import { anotherNumber, firstLook, firstSignIn, giveNameAndPassword, givePassword, readNumber, typeNumber } from './steps.ts'

const plans: { language: Language; login: string }[] = [
  { language: 'en', login: 'tanaka@aoba.example' },
  { language: 'ja', login: 'sato@aoba.example' },
]
const [english, japanese] = plans as [(typeof plans)[0], (typeof plans)[0]]

test.describe('a wrong number, a denial and a report', () => {
  test.use({ language: english.language })
  test('each end the sign-in and say so on both sides', async ({ demo, computer, phone, say }) => {
    const { login } = english
    await firstSignIn(phone, computer, demo, say, login)
    await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
    await givePassword(computer, demo, say)

    await test.step('a wrong number closes the request', async () => {
      await typeNumber(phone, say, anotherNumber(await readNumber(computer)))
      await expect(phone.page.getByText(say('app.approve.wrong.title'))).toBeVisible()
      await expect(computer.getByRole('heading', { name: say('signin.mismatch.title') })).toBeVisible()
      await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    })

    await test.step('asking again makes a new number', async () => {
      await computer.getByRole('button', { name: say('signin.number.again') }).click()
      await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
    })

    await test.step('a newer number takes nothing off the screen; the old one says that it was replaced', async () => {
      const old = await readNumber(computer)
      await computer.getByText(say('signin.number.help'), { exact: true }).click()
      await computer.getByRole('button', { name: say('signin.number.again') }).click()
      await expect(computer.locator('.number-plate .code .vh')).not.toContainText(old)
      await expect(phone.page.getByText(say('app.approve.replaced.title'))).toBeVisible()
      await phone.page.getByRole('button', { name: say('app.approve.next', { n: 1 }) }).click()
      await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
    })

    await test.step('no ends the sign-in', async () => {
      await phone.page.getByRole('button', { name: say('app.approve.no') }).click()
      await phone.page.getByRole('button', { name: say('app.approve.deny') }).click()
      await expect(phone.page.getByText(say('app.approve.denied.title'))).toBeVisible()
      await expect(computer.getByRole('heading', { name: say('signin.ended.denied.title') })).toBeVisible()
      await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    })

    await test.step('a report also says that somebody knows the password', async () => {
      await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
      await givePassword(computer, demo, say)
      await readNumber(computer)
      await phone.page.getByRole('button', { name: say('app.approve.no') }).click()
      await phone.page.getByRole('button', { name: say('app.approve.report') }).click()
      await expect(phone.page.getByText(say('app.approve.reported.title'))).toBeVisible()
      await expect(computer.getByRole('heading', { name: say('signin.ended.reported.title') })).toBeVisible()
    })
  })
})

test.describe('two sign-ins at once', () => {
  test.use({ language: japanese.language })
  test('the number of the other one is recognised, and neither is mixed up', async ({ demo, browser, computer, phone, say }) => {
    const { login } = japanese
    await firstSignIn(phone, computer, demo, say, login)
    await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
    await givePassword(computer, demo, say)
    const first = await readNumber(computer)
    await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()

    const context = await browser.newContext({ locale: 'ja-JP' })
    const other = await context.newPage()
    await other.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(other, demo, say, login)
    const second = await readNumber(other)
    expect(second).not.toBe(first)
    await expect(phone.page.getByText(say('app.approve.more', { n: 1 }))).toBeVisible()

    await typeNumber(phone, say, second)
    await expect(phone.page.getByText(say('app.approve.other.title'))).toBeVisible()
    await expect(computer.getByRole('heading', { name: say('signin.mismatch.title') })).toBeVisible()
    await phone.page.getByRole('button', { name: say('app.approve.next', { n: 1 }) }).click()
    await expect(phone.page.getByText(say('app.approve.new_browser'))).toBeVisible()
    await typeNumber(phone, say, second)
    await expect(other).toHaveURL(`${demo.at.id}/security`)
    await context.close()
  })
})

test.describe('nobody answers', () => {
  test.use({ language: japanese.language })
  test('the request runs out on both sides, and a new number works', async ({ demo, computer, phone, say }) => {
    const login = 'haru@komorebi.example' // where a request lives 30 seconds
    await firstLook(phone, computer, demo, say, login)
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say, login)
    await readNumber(computer)
    await expect(computer.getByRole('heading', { name: say('signin.expired.title') })).toBeVisible({ timeout: 60_000 }) // thirty seconds of it are the request's own
    await expect(phone.page.getByText(say('app.approve.expired.title'))).toBeVisible()
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    await computer.getByRole('button', { name: say('signin.number.again') }).click()
    await typeNumber(phone, say, await readNumber(computer))
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
  })
})
