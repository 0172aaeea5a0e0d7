// Browsers as people use them: two accounts, two tabs, the back button, cookies
// that are gone, names that nobody has.
import type { BrowserContext, Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect, test } from './fixtures.ts'
import { firstLook, firstSignIn, giveName, giveNameAndPassword, givePassword, mei, pair, readNumber } from './steps.ts'
import type { Say } from './words.ts'

const kenji = { login: 'mori@aoba.example', name: 'Kenji Mori' }

test.describe('the account chooser', () => {
  test.use({ language: 'ja' })
  test('takes a second account, switches, and forgets one', async ({ computer, demo, phone, say }) => {
    const chooser = `${demo.at.id}/signin/accounts?to=/security`
    const account = (name: string) => computer.getByRole('listitem').filter({ hasText: name }).getByRole('button').first()
    const who = computer.getByRole('banner').getByRole('link', { name: mei.name })
    await firstSignIn(phone, computer, demo, say)

    await test.step('a second account, for the same application', async () => {
      await computer.getByRole('link', { name: say('demo.expenses.switch') }).click()
      await expect(computer.getByText(say('signin.name.lead', { app: say('demo.expenses.name') }))).toBeVisible()
      await computer.getByRole('link', { name: say('signin.accounts.other') }).click()
      await giveNameAndPassword(computer, demo, say, kenji.login)
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await pair(phone, computer, demo, say)
      await computer.getByRole('button', { name: say('oauth.consent.yes'), exact: true }).click()
      await expect(computer.getByRole('heading', { name: say('demo.expenses.hello', { name: kenji.name }) })).toBeVisible()
    })

    await test.step('the back button finds nothing to do again', async () => {
      await computer.goBack()
      await expect(computer.getByRole('heading', { name: say('oauth.answered.title') })).toBeVisible()
      await computer.goto(`${demo.at.id}/signin/password`)
      await expect(computer.getByRole('heading', { name: say('signin.done.title') })).toBeVisible()
    })

    await test.step('back to the first, without proving anything again', async () => {
      await computer.goto(chooser)
      await account(mei.name).click()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
      await expect(who).toBeVisible()
    })

    await test.step('the second one is forgotten', async () => {
      await computer.goto(chooser)
      await computer.getByRole('button', { name: say('signin.accounts.forget', { name: kenji.name }) }).click()
      await expect(account(mei.name)).toBeVisible()
      await expect(computer.getByText(kenji.login)).toHaveCount(0)
      await account(mei.name).click()
      await expect(who).toBeVisible()
    })
  })
})

test.describe('one browser', () => {
  test('with two tabs, without cookies and after a long pause never loses the way', async ({ computer, demo, say }) => {
    const password = computer.getByLabel(say('signin.password.name'), { exact: true })
    const name = computer.getByLabel(say('signin.name.label'))

    await test.step('a form of a sign-in that another tab has replaced', async () => {
      await begin(computer, demo)
      await giveName(computer, say, mei.login)
      const other = await computer.context().newPage()
      await other.goto(`${demo.at.id}/signin?to=/security&other=1`)
      await password.fill(demo.at.password)
      await computer.getByRole('button', { name: say('signin.password.go') }).click()
      await expect(computer.getByRole('heading', { name: say('signin.othertab.title') })).toBeVisible()
      await computer.getByRole('link', { name: say('signin.othertab.go') }).click()
      await expect(name).toBeVisible()
      await other.close()
    })

    await test.step('back to the name, and on with another', async () => {
      await giveName(computer, say, 'sato@aoba.exampel')
      await expect(computer.getByText('sato@aoba.exampel')).toBeVisible()
      await computer.goBack()
      await giveName(computer, say, kenji.login)
      await expect(computer.getByText(kenji.login)).toBeVisible()
      await expect(password).toBeVisible()
    })

    await test.step('cookies refused', async () => {
      await computer.context().clearCookies()
      await password.fill(demo.at.password)
      await computer.getByRole('button', { name: say('signin.password.go') }).click()
      await expect(computer.getByRole('heading', { name: say('common.nocookie.title') })).toBeVisible()
      await computer.getByRole('link', { name: say('common.home') }).click()
      await expect(name).toBeVisible()
      await computer.context().clearCookies()
      await computer.goto(`${demo.at.id}/signin/begun`) // where a browser ends that never keeps one
      await expect(computer.getByRole('heading', { name: say('common.nocookie.title') })).toBeVisible()
    })

    await test.step('a page older than its sign-in keeps what was typed', async () => {
      await begin(computer, demo)
      await computer.locator('input[name=a]').first().evaluate((field: HTMLInputElement) => (field.value = 'A'.repeat(26)))
      await computer.context().clearCookies()
      await giveName(computer, say, mei.login)
      await expect(computer.getByRole('heading', { name: say('signin.paused.title') })).toBeVisible()
      await expect(name).toHaveValue(mei.login)
      await computer.getByRole('button', { name: say('signin.name.next') }).click()
      await expect(password).toBeVisible()
    })
  })
})

test.describe('a name that nobody has', () => {
  test.use({ language: 'ja' })
  test('A8: walks the same pages as any other, up to too many tries', async ({ computer, demo, say }) => {
    const real = await walk(computer, demo, say, mei.login)
    await computer.context().clearCookies()
    const nobody = await walk(computer, demo, say, 'takana@aoba.example')
    expect(nobody).toEqual(real)
    expect(nobody.at(-1)).toContain('429 /signin/password')
  })
})

test.describe('when three sign-ins wait', () => {
  test('a fourth stranger is told so, and this browser still has its place', async ({ browser, computer, demo, phone, say }) => {
    await firstLook(phone, computer, demo, say)
    const strangers: BrowserContext[] = []
    const stranger = async () => {
      const context = await browser.newContext({ locale: 'en-GB' })
      strangers.push(context)
      const page = await context.newPage()
      await begin(page, demo)
      await giveName(page, say)
      return page
    }
    // All come up to their password first: a request waits no longer than a minute.
    const three = [await stranger(), await stranger(), await stranger()]
    const fourth = await stranger()
    await computer.goto(`${demo.at.id}/signin?to=/security&other=1`)
    await giveName(computer, say)
    for (const page of three) {
      await givePassword(page, demo, say)
      await readNumber(page)
    }
    await givePassword(fourth, demo, say)
    await expect(fourth.getByRole('heading', { name: say('signin.full.title') })).toBeVisible()
    await givePassword(computer, demo, say)
    await readNumber(computer)
    await expect(phone.page.getByText(say('app.approve.more', { n: 3 }))).toBeVisible()

    await fourth.getByRole('link', { name: say('signin.ways.link') }).click()
    await fourth.getByRole('link', { name: say('signin.code.name') }).click()
    await expect(fourth.getByLabel(say('signin.code.name'))).toBeVisible()
    await Promise.all(strangers.map((context) => context.close()))
  })
})

async function begin(page: Page, demo: Demo): Promise<void> {
  await page.goto(`${demo.at.id}/signin?to=/security`)
}

/** Types wrong passwords until no more are taken; answers with every page seen
 *  on the way, without what is the sign-in's own: name, ids and times. */
async function walk(page: Page, demo: Demo, say: Say, login: string): Promise<string[]> {
  const seen: string[] = []
  await begin(page, demo)
  await giveName(page, say, login)
  for (let status = 200; status !== 429 && seen.length < 20; ) {
    await page.getByLabel(say('signin.password.name'), { exact: true }).fill('not this one')
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    const shown = page.waitForEvent('load') // of the answer: the page before has the same field
    await page.getByRole('button', { name: say('signin.password.go') }).click()
    const answer = await answered
    status = answer.status()
    const text = (await answer.text()).replaceAll(login, '…').replace(/[A-Z2-7]{26}/g, '…').replace(/\d+ (分|秒)/g, '…').replace(/(challenge&#34;:&#34;)[\w-]{43}/g, '$1…')
    seen.push(`${status} ${new URL(answer.url()).pathname} ${text}`)
    await shown
  }
  return seen
}
