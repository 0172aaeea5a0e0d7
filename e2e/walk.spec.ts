// A walk past every screen, each looked at as Eye does: English by day, Japanese
// at night. That nothing violates the pages' policies is watched as always.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from '@playwright/test'
import { program, type Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import {
  allow,
  firstLook,
  firstSignIn,
  giveCode,
  giveName,
  giveNameAndPassword,
  givePassword,
  mailedCode,
  makeAccount,
  mei,
  pair,
  readCode,
  readNumber,
  scan,
  typeNumber,
} from './steps.ts'
import type { Say } from './words.ts'

const looks: { language: Language; colorScheme: 'light' | 'dark' }[] = [
  { language: 'en', colorScheme: 'light' },
  { language: 'ja', colorScheme: 'dark' },
]

for (const look of looks) {
  test.describe(look.language, () => {
    test.use(look)
    test.describe.configure({ timeout: 240_000 }) // each look takes the checker about a second

    test('signing in', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      const button = (key: string) => computer.getByRole('button', { name: say(key), exact: true })

      await computer.goto(demo.at.expenses)
      await eye.see(computer, 'expenses-out')
      await computer.getByRole('link', { name: say('demo.expenses.signin') }).click()
      await eye.see(computer, 'b1-name', say('signin.name.lead', { app: say('demo.expenses.name') }))
      await giveName(computer, say)
      await computer.getByLabel(say('signin.password.name'), { exact: true }).fill('not this one')
      await button('signin.password.go').click()
      await eye.see(computer, 'b2-password-wrong', say('signin.password.wrong'))
      await givePassword(computer, demo, say)
      await eye.see(computer, 'c3-start', say('security.start.try'))
      await button('security.start.go').click()
      await computer.getByText(say('security.pair.type')).click()
      await eye.see(computer, 'c3-code')
      await scan(phone, computer, demo, say)
      await expect(button('security.taken.yes')).toBeVisible()
      await eye.see(computer, 'c3-yours')
      await button('security.taken.yes').click()
      await readNumber(computer)
      await eye.see(computer, 'c3-test')
      await computer.getByRole('link', { name: say('security.bycode.link') }).click()
      await eye.see(computer, 'c3-bycode', say('security.bycode.title'))
      await button('security.bycode.test').click() // which makes a new number
      await phone.page.getByRole('button', { name: say('app.approve.next', { n: 1 }) }).click()
      await computer.route(/\/static\/go\./, (route) => route.abort()) // stay on pages that go on by themselves
      await typeNumber(phone, say, await readNumber(computer))
      await expect(button('security.test.finish')).toBeVisible()
      await eye.see(computer, 'c3-approved')
      await button('security.test.finish').click()
      await eye.see(computer, 'c3-paired', say('signin.paired.title'))
      await button('signin.continue').click()
      await eye.see(computer, 'b5-consent', say('oauth.consent.never'))
      await allow(computer, say)
      await eye.see(computer, 'expenses-in', say('demo.expenses.in'))
      await phone.page.getByRole('button', { name: say('app.pair.ready.done') }).click()

      const number = await askFor(computer, demo, say)
      await eye.see(computer, 'b3-number')
      await typeNumber(phone, say, number)
      await expect(button('signin.continue')).toBeVisible()
      await eye.see(computer, 'b3-approved')
      await button('signin.continue').click()
      await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
      await computer.goto(`${demo.at.id}/signin/done`)
      await eye.see(computer, 'b3-done')

      await askFor(computer, demo, say) // which nobody answers: looking takes its time
      for (const [name, path] of [['b4-ways', 'ways'], ['b4-code', 'code'], ['b3-full', 'full'], ['b3-blocked', 'blocked']] as const) {
        await computer.goto(`${demo.at.id}/signin/${path}`)
        await eye.see(computer, name)
      }
    })

    test('what else a sign-in can say', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      await firstSignIn(phone, computer, demo, say)
      const no = async (answer: string) => {
        await phone.page.getByRole('button', { name: say('app.approve.no') }).click()
        await phone.page.getByRole('button', { name: say(answer) }).click()
        await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
      }

      const number = await askFor(computer, demo, say)
      await typeNumber(phone, say, String((Number(number) + 7) % 100).padStart(2, '0'))
      await eye.see(computer, 'b6-mismatch', say('signin.mismatch.title'))
      await computer.goto(`${demo.at.id}/signin/expired`)
      await eye.see(computer, 'b6-expired')
      await phone.page.getByRole('button', { name: say('app.approve.done') }).click()

      await askFor(computer, demo, say)
      await no('app.approve.deny')
      await eye.see(computer, 'b6-denied', say('signin.ended.denied.title'))
      await askFor(computer, demo, say)
      await no('app.approve.report')
      await eye.see(computer, 'b6-reported', say('signin.ended.reported.title'))

      await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
      await givePassword(computer, demo, say)
      await computer.getByRole('link', { name: say('signin.ways.link') }).click()
      await computer.getByRole('link', { name: say('signin.code.name') }).click()
      await giveCode(computer, say, await readCode(phone))
      await eye.see(computer, 'b2-new-password', say('signin.renew.title'))
      await computer.getByLabel(say('setup.password.label'), { exact: true }).fill('three words of mine')
      await computer.getByRole('button', { name: say('setup.password.go') }).click()
      await expect(computer).toHaveURL(`${demo.at.expenses}/`)

      await computer.goto(`${demo.at.id}/signin/accounts?to=/security`)
      await eye.see(computer, 'b1-accounts')
      await computer.goto(`${demo.at.id}/logout?client_id=aoba-notes`)
      await eye.see(computer, 'b5-logout')
      await computer.getByRole('button', { name: say('oauth.logout.yes') }).click()
      await eye.see(computer, 'b5-signed-out', say('oauth.signedout.title'))
      await computer.goto(`${demo.at.id}/signout`)
      await eye.see(computer, 'b1-signed-out')

      await computer.goto(await setupLink(demo))
      await eye.see(computer, 'b2-setup')
      await computer.goto(`${demo.at.id}/setup/${'A'.repeat(26)}`)
      await eye.see(computer, 'b2-setup-gone')
    })

    test('making an account', async ({ computer, demo, language, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await computer.getByRole('link', { name: say('signin.register.link') }).click()
      await eye.see(computer, 'b7-register', say('signin.register.title'))
      await makeAccount(computer, say, `h.${language}.!`)
      await eye.see(computer, 'b7-register-name')
      await makeAccount(computer, say, `haru.${language}`)
      await eye.see(computer, 'b7-reach', say('signin.reach.title'))
      await computer.getByLabel(say('security.email.label'), { exact: true }).fill(`haru.${language}@home.example`)
      await computer.getByRole('button', { name: say('security.email.send') }).click()
      await eye.see(computer, 'b7-reach-code', say('security.email.code.title'))
    })

    test('Security info', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      await firstLook(phone, computer, demo, say)
      for (const [name, path] of [['c1', ''], ['c1-activity', '/activity'], ['c1-sessions', '/sessions'], ['c1-apps-none', '/apps'], ['c1-password', '/password'], ['c1-account', '/account'], ['c3-phone', '/add/phone'], ['c2-add', '/add']] as const) {
        await computer.goto(`${demo.at.id}/security${path}`)
        await eye.see(computer, name)
      }
      await computer.getByRole('button', { name: say('security.add.app') }).click()
      await expect(computer.locator('.qr svg')).toBeVisible()
      await eye.see(computer, 'c3-code')
      await computer.getByRole('link', { name: say('security.close') }).click()
      await computer.getByRole('link', { name: say('security.app.change', { name: say('app.pair.device.android') }) }).click()
      await eye.see(computer, 'c1-method')
      await computer.getByLabel(say('security.method.name')).fill('Pixel')
      await computer.getByRole('button', { name: say('security.method.save') }).click()
      await eye.see(computer, 'c1-method-saved', say('security.method.saved'))
      await computer.goto(`${computer.url().split('?')[0]}/remove`)
      await eye.see(computer, 'c1-remove-last')

      await computer.goto(`${demo.at.id}/security/add`)
      await computer.getByRole('button', { name: say('security.codeapp.kind') }).click()
      await computer.getByText(say('security.pair.type')).click()
      const key = await computer.locator('.setup-code').innerText()
      await eye.see(computer, 'c3-codeapp')
      await computer.getByLabel(say('security.bycode.label')).fill(await totp(key))
      await computer.getByRole('button', { name: say('security.bycode.go') }).click()
      await eye.see(computer, 'c1-codeapp', say('security.codeapp.added'))
      await computer.goto(`${computer.url().split('?')[0]}/remove`)
      await eye.see(computer, 'c1-codeapp-remove')

      await computer.goto(`${demo.at.id}/security/add/email`)
      await eye.see(computer, 'c3-email')
      await computer.getByLabel(say('security.email.label'), { exact: true }).fill('mei@home.example')
      await computer.getByRole('button', { name: say('security.email.send') }).click()
      await eye.see(computer, 'c3-email-code', say('security.email.code.title'))
      const asked = computer.url()
      const code = await mailedCode(computer, demo, 'mei@home.example')
      await computer.goto(asked)
      await computer.getByLabel(say('security.bycode.label')).fill(code)
      await computer.getByRole('button', { name: say('security.email.code.go') }).click()
      await eye.see(computer, 'c1-email', say('security.email.added'))
      await computer.goto(`${demo.at.id}/security`)
      await eye.see(computer, 'c1-more')

      await computer.goto(demo.at.notes)
      await computer.getByRole('button', { name: say('demo.notes.signin') }).click()
      await eye.see(computer, 'b5-consent-nobody', say('oauth.consent.never'))
      await allow(computer, say)
      await expect(computer.getByRole('listitem')).toHaveCount(3)
      await eye.see(computer, 'notes-in')
      await computer.goto(`${demo.at.id}/security/apps`)
      await eye.see(computer, 'c1-apps')
      await computer.goto(`${demo.at.id}/signout`)
      await eye.see(computer, 'b1-signout')
      await computer.goto(`${demo.at.id}/security`)
      await computer.getByRole('button', { name: say('security.sessions.all') }).click()
      await eye.see(computer, 'c1-signed-out', say('security.signedout.title'))
    })

    test('the samples, and an account they are not for', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      for (const [name, url] of [['start', demo.at.start], ['inbox-empty', demo.at.inbox], ['notes-out', demo.at.notes], ['expenses-mixed-up', `${demo.at.expenses}/callback`]] as const) {
        await computer.goto(url)
        await eye.see(computer, name)
      }
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(computer, demo, say, 'haru@komorebi.example')
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await scan(phone, computer, demo, say)
      await computer.getByRole('button', { name: say('security.taken.no') }).click()
      await eye.see(computer, 'c3-turned-away', say('security.refused.title'))
      await computer.getByRole('button', { name: say('security.ended.again') }).click()
      await pair(phone, computer, demo, say)
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
      await computer.goto(`${demo.at.expenses}/signin`)
      await eye.see(computer, 'b5-other-account', say('oauth.other.text'))
      await computer.getByRole('button', { name: say('oauth.other.back', { app: say('demo.expenses.name') }) }).click()
      await expect(computer.getByRole('alert')).toContainText('access_denied')
      await eye.see(computer, 'expenses-denied')
      await computer.goto(`${demo.at.notes}/?error=access_denied&state=x`)
      await expect(computer.getByRole('alert')).toBeVisible()
      await eye.see(computer, 'notes-failed')
    })

    test('pages for everybody, and pages that say no', async ({ computer, demo, language, say }, info) => {
      const eye = new Eye(language, info)
      await stand(computer)
      const { id } = demo.at
      await computer.goto(`${id}/signin?to=/security`)
      await computer.getByRole('link', { name: say('help.privacy.title') }).click()
      await eye.see(computer, 'help-privacy', say('help.privacy.cookies.1'))
      for (const [name, path] of [['help', 'help'], ['help-trouble', 'help/trouble'], ['b8-help', 'signin/help'], ['b8-forgot', 'signin/forgot'], ['device', 'device'], ['stop-gone', `stop/${'A'.repeat(26)}`]] as const) {
        await computer.goto(`${id}/${path}`)
        await eye.see(computer, name)
      }
      for (const [name, path, status] of [
        ['not-found', '/nowhere', 404],
        ['wrong-method', '/consent', 405],
        ['unknown-app', '/authorize?client_id=nobody&response_type=code', 400],
        ['wrong-redirect', '/authorize?client_id=aoba-notes&response_type=code&redirect_uri=http://127.0.0.1:1/', 400],
        ['request-gone', `/authorize/resume?r=${'A'.repeat(26)}`, 410],
      ] as const) {
        expect((await computer.goto(id + path))?.status(), name).toBe(status)
        await eye.see(computer, name)
      }
      await computer.goto(`${id}/signin?to=/security`)
      await computer.locator('input[name=lang]').evaluate((field: HTMLInputElement) => (field.value = 'xx'))
      await computer.getByRole('button', { name: language === 'en' ? '日本語' : 'English' }).click()
      await eye.see(computer, 'malformed', say('common.malformed.title'))
      const old = async () => {
        await computer.goto(`${id}/signin?to=/security`)
        await computer.locator('form:has(#login) input[name=a]').evaluate((field: HTMLInputElement) => (field.value = 'A'.repeat(26)))
      }
      await old()
      await giveName(computer, say)
      await eye.see(computer, 'b1-other-tab', say('signin.othertab.title'))
      await old()
      await computer.context().clearCookies()
      await giveName(computer, say)
      await eye.see(computer, 'b1-paused', say('signin.paused.title'))
      await computer.context().clearCookies()
      await giveName(computer, say)
      await eye.see(computer, 'no-cookie', say('common.nocookie.title'))

      await computer.goto(`${id}/signin?to=/security`)
      await giveName(computer, say)
      await computer.getByLabel(say('signin.password.name'), { exact: true }).fill('x'.repeat(70_000))
      await computer.getByRole('button', { name: say('signin.password.go') }).click()
      await eye.see(computer, 'too-large', say('common.toolarge.title'))
      await computer.goto('about:blank')
      await computer.setContent(`<form method="post" action="${id}/signout"><button>go</button></form>`)
      await computer.getByRole('button').click()
      await eye.see(computer, 'foreign', say('common.foreign.title'))
    })

    test('the app before it knows anybody', async ({ demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      const { page } = phone
      await stand(page)
      const at = async (name: string, hash: string) => {
        await page.goto(`${demo.at.app}/#${hash}`)
        await eye.see(page, name)
      }
      await at('a01-welcome', '')
      await at('a05-scan', 'add')
      await at('a05-manual', 'add/manual')
      await page.getByLabel(say('app.manual.secret')).fill('GE0')
      await page.getByText(say('app.manual.more')).click()
      await page.getByLabel(say('app.manual.digits')).fill('3')
      await page.getByRole('button', { name: say('app.add'), exact: true }).click()
      await eye.see(page, 'a05-manual-wrong', say('app.manual.digits.wrong'))
      await page.getByLabel(say('app.manual.digits')).fill('6')
      await expect(page.getByText(say('app.manual.digits.wrong'))).toHaveCount(0)
      await expect(page.getByLabel(say('app.manual.digits'))).toBeVisible()
      await page.goto(`${demo.at.app}/#backup`)
      await eye.see(page, 'a06-backup-off', say('backup.off.go'))
      await at('a06-backup-contents', 'backup/contents')
      await at('a06-backup-elsewhere', 'backup/elsewhere')
      await at('a05-setup-code', 'pair/code')
      await page.getByRole('button', { name: say('app.pair.code.next') }).click()
      await eye.see(page, 'a05-setup-code-empty', say('app.pair.code.empty'))
      await at('a05-no-link', 'pair?i=x')
      await at('a05-tab', `pair?${new URLSearchParams({ i: demo.at.id, o: 'A'.repeat(26), s: 'A'.repeat(26) })}`)
      await page.getByRole('button', { name: say('app.pair.tab.stay.do') }).click()
      await page.getByRole('button', { name: say('app.pair.confirm.yes') }).click()
      await expect(page.getByRole('alert')).toContainText(say('app.pair.unknown.title'))
      await eye.see(page, 'a05-unknown')
      await page.getByRole('button', { name: say('app.pair.failed.leave') }).click()
      await at('a05-refused-link', `link?uri=${encodeURIComponent('otpauth://totp/Kumo?secret=')}`)
    })

    test('the app with accounts of others', async ({ demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      const { page } = phone
      await stand(page)
      const at = async (name: string, hash: string) => {
        await page.goto(`${demo.at.app}/#${hash}`)
        await eye.see(page, name)
      }
      const uris = ['totp/Kumo%20Mail:mei?secret=GEZDGNBVGY3TQOJQ&issuer=Kumo%20Mail', 'hotp/Mori%20Books:mei?secret=GEZDGNBVGY3TQOJQ&counter=1']
      for (const uri of uris) {
        await page.goto(`${demo.at.app}/#link?uri=${encodeURIComponent(`otpauth://${uri}`)}`)
        await expect(page.getByText(say('app.link.text'))).toBeVisible()
        if (uri === uris[0]) await eye.see(page, 'a05-link')
        await page.getByRole('button', { name: say('app.add'), exact: true }).click()
        await expect(page.getByRole('button', { name: say('app.account.more') })).toBeVisible()
      }
      await page.getByRole('button', { name: say('app.list.count.short') }).click()
      await eye.see(page, 'a03-by-counter', say('app.account.made'))
      await page.getByRole('button', { name: say('app.account.more') }).click()
      await expect(page.getByText(say('app.undo'))).toHaveCount(0)
      await eye.see(page, 'a03-more')
      await page.getByRole('button', { name: say('app.account.edit'), exact: true }).click()
      await eye.see(page, 'a03-edit', say('app.account.note.hint'))
      await page.getByRole('button', { name: say('app.cancel') }).click()
      await at('a02-accounts', '')
      await page.getByRole('searchbox').fill('zzz')
      await expect(page.getByText(say('app.list.nothing', { query: 'zzz' }))).toBeVisible()
      await eye.see(page, 'a02-nothing-found')
      await at('a08-menu', 'menu')
      for (const [name, key] of [['a08-theme', 'app.menu.theme'], ['a08-language', 'app.menu.language']] as const) {
        await page.getByRole('button', { name: say(key) }).click()
        await eye.see(page, name)
        await page.getByRole('button', { name: say('app.close') }).click()
      }
      await at('a08-about', 'menu/about')
      await at('a08-clock', 'clock')
      await at('a08-erase', 'menu/erase')
    })

    test('the app of somebody', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      const { page } = phone
      await stand(page)
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(computer, demo, say)
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await phone.seesScreen(computer.locator('.qr'))
      await page.goto(`${demo.at.app}/#add`)
      await expect(page.locator('.host-card')).toBeVisible()
      await eye.see(page, 'a05-confirm')
      await page.getByRole('button', { name: say('app.pair.confirm.yes') }).click()
      await eye.see(page, 'a05-wait', say('app.pair.wait.title'))
      await computer.getByRole('button', { name: say('security.taken.yes') }).click()
      await eye.see(page, 'a04-test', say('app.approve.title.test'))
      await typeNumber(phone, say, await readNumber(computer))
      await eye.see(page, 'a04-ready', say('app.pair.ready.title'))
      await page.getByRole('button', { name: say('app.pair.ready.done') }).click()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
      await page.locator('.account .open').click()
      await eye.see(page, 'a03-account', say('app.account.added'))
      await page.getByRole('button', { name: say('app.back') }).click()

      const ask = page.getByText(say('app.approve.title'), { exact: true })
      const done = page.getByRole('button', { name: say('app.approve.done') })
      const again = async () => {
        await expect(async () => { // the page may be on its way elsewhere, as it hears of the answer
          await computer.context().clearCookies()
          await computer.goto(`${demo.at.id}/signin?to=/security`)
        }).toPass()
        await giveNameAndPassword(computer, demo, say)
        const number = await readNumber(computer)
        await expect(ask).toBeVisible()
        return number
      }
      const number = await again()
      await eye.see(page, 'a04-approve')
      await page.getByRole('button', { name: say('app.approve.close') }).click()
      await expect(page.getByRole('heading', { name: say('app.approve.pending', { n: 1 }) })).toBeVisible()
      await eye.see(page, 'a02-pending')
      await page.locator('.pending button').click()
      await page.getByRole('button', { name: say('app.approve.no') }).click()
      await eye.see(page, 'a04-which-no', say('app.approve.which'))
      await page.getByRole('button', { name: say('app.approve.back') }).click()
      await typeNumber(phone, say, number)
      await eye.see(page, 'a04-approved', say('app.approve.approved.title'))
      await done.click()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)

      await typeNumber(phone, say, String((Number(await again()) + 7) % 100).padStart(2, '0'))
      await eye.see(page, 'a04-wrong', say('app.approve.wrong.title'))
      await done.click()
      await again()
      await page.getByRole('button', { name: say('app.approve.no') }).click()
      await page.getByRole('button', { name: say('app.approve.report') }).click()
      await eye.see(page, 'a04-reported', say('app.approve.reported.title'))
      await page.getByRole('button', { name: say('app.approve.mistake') }).click()
      await eye.see(page, 'a04-mistake', say('app.approve.mistake.title'))
      await done.click()
      await computer.goto(demo.at.inbox)
      await computer.locator('.letters a').filter({ hasText: `${mei.login} ·` }).first().click()
      await stand(computer)
      await new Eye(language, info).see(computer, 'mail')
    })
  })
}

/** Nothing moves while it is looked at. */
async function stand(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' })
}

/** Proves it again to Aoba Expenses, up to the number. */
async function askFor(page: Page, demo: Demo, say: Say): Promise<string> {
  await page.goto(`${demo.at.expenses}/signin?prompt=login`)
  await givePassword(page, demo, say)
  return readNumber(page)
}

/** The code that another authenticator makes of a typed key. */
async function totp(key: string): Promise<string> {
  const { stdout } = await promisify(execFile)('oathtool', ['--totp', '-b', key.replaceAll(' ', '')])
  return stdout.trim()
}

/** Has somebody begin again, as an administrator would, and answers with the link. */
async function setupLink(demo: Demo): Promise<string> {
  const folder = dirname(demo.database)
  const config = join(folder, 'admin.toml')
  const lines = { id_url: demo.at.id, app_url: demo.at.app, database: `sqlite:${demo.database}`, key_file: join(folder, 'demo.key') }
  await writeFile(config, Object.entries(lines).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join(''))
  const { stdout } = await promisify(execFile)(program, ['--config', config, 'user', 'reset', mei.login])
  return /https?:\S+\/setup\/\S+/.exec(stdout)?.[0] ?? ''
}
