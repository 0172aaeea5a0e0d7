// A phone is lost. What was backed up from a terminal comes back on a new phone
// by the recovery key; what was there already is kept; a work account is issued
// anew, so old and new device have codes of their own, and both are good. A passkey
// opens it, too.
import { hostname } from 'node:os'
import type { Page, Route } from '@playwright/test'
import type { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { digitsOn } from './filming.ts'
import { expect, test, type Phone } from './fixtures.ts'
import { withAccounts } from './keeping.ts'
import { Owner } from './locking.ts'
import { allow, codeHeard, codeOn, giveCode, giveNameAndPassword, mailedCode, mei, pair, readNumber, typeNumber } from './steps.ts'
import { Terminal } from './terminal.ts'
import type { Say } from './words.ts'

const haru = 'haru@komorebi.example'
const nina = 'nina@komorebi.example'

/** Accounts of other sites, of every kind that makes codes. */
const tenOfAllKinds = `
otpauth://totp/Gitlane:mei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Gitlane
otpauth://totp/Hinata%20Bank:mei?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Hinata%20Bank
otpauth://totp/Kumo%20Mail:mei?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK&issuer=Kumo%20Mail&algorithm=SHA256&digits=8&period=60
otpauth://totp/Tsubame%20Pay:mei?secret=NRXW4ZZANNSXSIDPNRXW4ZZANNSXSIDP&issuer=Tsubame%20Pay&algorithm=SHA512
otpauth://hotp/Rail%20Points:mei?secret=KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU&issuer=Rail%20Points&counter=42
otpauth://steam/Steam:mei?secret=MZXW6YTBOJRGC6TBMZXW6YTBOJRGC6TB&issuer=Steam
otpauth://yaotp/Yandex:mei?secret=LA2V6KMCGYMWWVEW64RNP3JA3I&issuer=Yandex&pin=7586
motp://Lab:mei?secret=30EDCC8EDAE50A60&pin=1234&issuer=Lab
otpauth://totp/M%C3%BCnster:mei?secret=ONSWG4TFOQQGC3TEONSWG4TFOQQGC3TE&issuer=M%C3%BCnster&digits=10
otpauth://totp/mei?secret=PFQXA4DBMJSWC3TTPFQXA4DBMJSWC3TT
`

/** A backup of a device with ten accounts of other sites and those of the sign-in
 *  service, Haru's the last one: it is the recovery account. Gives the recovery
 *  codes that are left. */
async function backUp(terminal: Terminal, computer: Page, demo: Demo, say: Say, ...paired: string[]): Promise<string[]> {
  await terminal.run('import', await terminal.holds(tenOfAllKinds))
  for (const login of paired) {
    await computer.context().clearCookies()
    await pairTerminal(terminal, computer, demo, say, login)
  }
  await computer.goto(`${demo.at.id}/security/recovery`)
  await computer.getByRole('button', { name: say('security.recovery.go') }).click()
  const codes = await computer.locator('.codes li').allInnerTexts()
  await computer.context().clearCookies()
  const visit = (address: string) => signInByCode(computer, demo, say, codes, address)
  await terminal.signingIn(visit, 'backup', 'on', '--server', demo.at.id, '--new-key-file', terminal.file('key'))
  return codes
}

/** A line that breaks in the middle of a file. */
async function half(route: Route): Promise<void> {
  const response = await route.fetch()
  const body = await response.body()
  await route.fulfill({ response, body: body.subarray(0, body.length / 2) })
}

async function signInByCode(page: Page, demo: Demo, say: Say, codes: string[], address: string): Promise<void> {
  await page.context().clearCookies()
  await page.goto(address)
  await prove(page, demo, say, codes)
  await allow(page, say)
  await expect(page).toHaveURL(/callback/)
}

/** Two proofs, the second one in the place of the phone that is gone. */
async function prove(page: Page, demo: Demo, say: Say, codes: string[]): Promise<void> {
  await giveNameAndPassword(page, demo, say, haru)
  const code = page.getByLabel(say('signin.recovery.name'))
  const another = page.getByRole('link', { name: say('signin.ways.link') })
  await expect(code.or(another).first()).toBeVisible()
  if (!(await code.isVisible())) {
    await another.click()
    await page.getByRole('link', { name: say('signin.ways.recovery') }).click()
  }
  await code.fill(codes.shift() ?? '')
  await page.getByRole('button', { name: say('signin.password.go') }).click()
}

/** Two proofs, a code by mail for the second one, where others are offered or not. */
async function proveByMail(page: Page, computer: Page, demo: Demo, say: Say, login: string, subject: string): Promise<void> {
  await giveNameAndPassword(page, demo, say, login)
  const send = page.getByRole('button', { name: say('signin.mail.send') })
  const another = page.getByRole('link', { name: say('signin.ways.link') })
  await expect(send.or(another).first()).toBeVisible()
  if (!(await send.isVisible())) {
    await another.click()
    await page.getByRole('link', { name: say('signin.mail.name') }).click()
  }
  await send.click()
  const code = page.getByLabel(say('signin.mail.name'))
  await expect(code).toBeVisible()
  await code.fill(await mailedCode(computer, demo, login, say(subject)))
  await page.getByRole('button', { name: say('signin.password.go') }).click()
}

/** The old device has an account of the sign-in service, too. */
async function pairTerminal(terminal: Terminal, computer: Page, demo: Demo, say: Say, login: string): Promise<void> {
  await computer.goto(`${demo.at.id}/signin?to=/security`)
  await giveNameAndPassword(computer, demo, say, login)
  await computer.getByRole('button', { name: say('security.start.go') }).click()
  await computer.getByText(say('security.pair.type'), { exact: true }).click()
  await terminal.run('pair', await computer.locator('.setup-code').innerText(), '--server', demo.at.id)
  await computer.getByRole('button', { name: say('security.taken.yes') }).click()
  await terminal.run('approve', '--number', await readNumber(computer))
  await expect(computer).toHaveURL(`${demo.at.id}/security`)
}

test('a lost phone: what was backed up comes back on another, and nothing there is overwritten', async ({ computer, demo, language, phone, say }, info) => {
  const eye = new Eye(language, info)
  const terminal = await Terminal.open()
  const codes = await backUp(terminal, computer, demo, say, mei.login, haru)
  const key = await terminal.read('key')
  const slip = key.replace(/^./, (c) => (c === '2' ? '3' : '2'))
  const { page } = phone
  const line = (name: string) => page.locator('.line.fate').filter({ hasText: name })

  await test.step('another account of theirs has no backup: it is named, and the right one is a tap away', async () => {
    await withAccounts(page, demo, [{ issuer: 'Hinata Bank', name: 'mei' }])
    await page.goto(`${demo.at.app}/#recover`)
    await eye.see(page, 'a07-begin', say('recover.begin.title'))
    await page.getByLabel(say('recover.begin.login')).fill(nina)
    await page.getByRole('button', { name: say('recover.begin.go') }).click()
    await proveByMail(page, computer, demo, say, nina, 'mail.recovery_code.subject')
    await eye.see(page, 'a07-none', say('recover.none.account', { login: nina, host: new URL(demo.at.id).host }))
    await page.getByRole('button', { name: say('recover.none.other') }).click()
  })
  await test.step('a sign-in with two proofs, and the recovery key', async () => {
    await page.getByLabel(say('recover.begin.login')).fill(haru)
    await page.getByRole('button', { name: say('recover.begin.go') }).click()
    await expect(page.getByLabel(say('signin.name.label'))).toHaveValue(haru)
    await prove(page, demo, say, codes)
    await eye.see(page, 'a07-unlock', say('recover.unlock.title'))
    await page.route('**/backup/latest', half, { times: 1 })
    await page.reload() // as if the phone had been put away
    await page.getByRole('link', { name: say('recover.way.key') }).click()
    await page.getByLabel(say('recover.way.key')).fill(key)
    await page.getByRole('button', { name: say('recover.key.go') }).click()
    await eye.see(page, 'a07-cut', say('recover.open.truncated')) // and tried again, it is fetched anew
    await expect(page.getByRole('button', { name: say('recover.unlock.takeolder') })).toBeVisible()
    await page.getByLabel(say('recover.way.key')).fill(slip)
    await page.getByRole('button', { name: say('recover.key.go') }).click()
    await eye.see(page, 'a07-key', say('recover.key.group', { n: 1 }))
    await expect(page.getByLabel(say('recover.way.key'))).toHaveValue(slip)
    await page.getByLabel(say('recover.way.key')).fill(key.toLowerCase().replaceAll('-', ' '))
    await page.getByRole('button', { name: say('recover.key.go') }).click()
  })
  await test.step('each account says what became of it', async () => {
    await expect(line('Gitlane')).toContainText(say('recover.is.restored'))
    await expect(line('Hinata Bank')).toContainText(say('recover.is.kept'))
    await page.getByRole('button', { name: say('recover.list.rest', { n: 4 }) }).click()
    await expect(page.locator('.line.fate')).toHaveCount(12)
    await expect(page.locator('.line.fate', { hasText: say('recover.is.restored') })).toHaveCount(9)
    await expect(line('Aoba Works').getByRole('link', { name: say('recover.do.scan') })).toBeVisible()
    await eye.see(page, 'a07-list')
    await line('Komorebi').getByRole('link', { name: say('recover.do.verify') }).click()
    await eye.see(page, 'a03-restore', say('recover.restore.lead'))
  })
  await test.step('the work account is issued anew, beside that of the old device', async () => {
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security/add`)
    await giveNameAndPassword(computer, demo, say)
    await computer.getByRole('link', { name: say('signin.ways.link') }).click()
    await computer.getByRole('link', { name: say('signin.ways.code') }).click()
    await giveCode(computer, say, await terminal.run('code', mei.login))
    await computer.getByRole('button', { name: say('security.add.app') }).click()
    await pair(phone, computer, demo, say)
    await page.goto(`${demo.at.app}/#recover`)
    await page.getByRole('button', { name: say('recover.list.rest', { n: 5 }) }).click()
    await expect(line('Aoba Works')).toContainText(say('recover.is.restored'))
  })
  await test.step('its codes are others than those of the old device, and sign in as well', async () => {
    await page.goto(demo.at.app)
    const before = await terminal.run('code', mei.login)
    const code = await codeOn(page.locator('.account').filter({ hasText: 'Aoba Works' }).locator('.copy'))
    expect([before, await terminal.run('code', mei.login)]).not.toContain(code) // whether or not time went on between them
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    await computer.getByRole('link', { name: say('signin.ways.link') }).click()
    await computer.getByRole('link', { name: say('signin.ways.code') }).click()
    await giveCode(computer, say, code)
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
  })
  await test.step('a saved copy of the backup opens too, and a slip in its key is mended where it stands', async () => {
    await terminal.run('backup', 'save', terminal.file('backup.tar'))
    await page.goto(`${demo.at.app}/#files/import`)
    await page.locator('input[type=file]').first().setInputFiles(terminal.file('backup.tar'))
    const field = page.getByLabel(say('files.password.key'), { exact: true })
    const open = page.getByRole('button', { name: say('files.password.open') })
    await field.fill(slip)
    await open.click()
    await expect(page.getByText(say('files.password.mistyped', { n: 1 }))).toBeVisible()
    await expect(field).toHaveValue(slip)
    await field.press('Home')
    await field.press('Delete')
    await field.pressSequentially(key.slice(0, 1))
    await open.click()
    await expect(page.getByText(say('files.preview.lead'))).toBeVisible()
  })
  await terminal.close()
})

test.describe('there', () => {
  test.use({ language: 'ja' })

  test('another device opens the backup; then a passkey, on a phone on which nothing is left', async ({ computer, demo, language, newPhone, phone, say }, info) => {
    const terminal = await Terminal.open()
    const codes = await backUp(terminal, computer, demo, say, haru)
    const { page } = phone
    const line = (name: string) => page.locator('.line.fate').filter({ hasText: name })
    await Owner.of(page)
    await page.goto(`${demo.at.app}/#backup`)
    await page.getByRole('button', { name: say('backup.off.go') }).click()
    await prove(page, demo, say, codes)
    await page.getByLabel(say('backup.join.key')).fill(await terminal.read('key'))
    await page.getByRole('button', { name: say('backup.join.go') }).click()
    await expect(page.getByText(say('backup.join.done'))).toBeVisible()
    await page.goto(`${demo.at.app}/#backup/ways`)
    await page.getByRole('button', { name: say('backup.ways.passkey.add') }).click()
    await expect(page.getByText(say('backup.ways.passkey.done'))).toBeVisible()

    const another = await newPhone()
    await another.page.goto(`${demo.at.app}/#recover`)
    await another.page.getByLabel(say('recover.begin.login')).fill(haru)
    await another.page.getByRole('button', { name: say('recover.begin.go') }).click()
    await prove(another.page, demo, say, codes)
    await openThere(phone, another, demo, say, new Eye(language, info))
    await expect(another.page.locator('.line.fate').filter({ hasText: 'Gitlane' })).toContainText(say('recover.is.restored'))

    await empty(page, demo)
    await page.getByRole('link', { name: say('recover.begin') }).click()
    await page.getByRole('button', { name: say('recover.begin.go') }).click()
    await prove(page, demo, say, codes)
    await page.getByRole('button', { name: say('recover.way.passkey') }).click()
    await expect(line('Gitlane')).toContainText(say('recover.is.restored'))
    await expect(line('Komorebi').getByRole('link', { name: say('recover.do.verify') })).toBeVisible()

    // What the phone has stored, another terminal recovers.
    const other = await Terminal.open()
    const visit = (address: string) => signInByCode(computer, demo, say, codes, address)
    const told = await other.signingIn(visit, 'recover', '--from', demo.at.id, '--recovery-key-file', terminal.file('key'), '--json')
    const { generation, results } = JSON.parse(told) as { generation: number; results: { state: string; issuer: string }[] }
    expect(generation).toBeGreaterThan(1)
    expect(results.map(({ state }) => state).sort()).toEqual([...Array<string>(10).fill('restored'), 'verify'])
    expect(await other.run('code', 'Rail Points')).toBe(await terminal.run('code', 'Rail Points')) // the next one, of both
    await other.close()
    await terminal.close()
  })
})

/** A phone that keeps the backup gives another one what opens it. */
async function openThere(keeps: Phone, asks: Phone, demo: Demo, say: Say, eye: Eye): Promise<void> {
  await asks.page.getByRole('link', { name: say('recover.way.device') }).click()
  await keeps.page.goto(`${demo.at.app}/#move`)
  const yes = keeps.page.getByRole('button', { name: say('move.old.open.yes') })
  await keeps.seesScreen(asks.page.getByRole('img', { name: say('move.new.meet.label') }))
  await keeps.page.getByRole('button', { name: say('move.old.find.go') }).click()
  await expect(yes).toBeVisible()
  await eye.see(keeps.page, 'a07-open-there')
  await yes.click()
  await asks.page.getByLabel(say('move.open.digits')).fill(await digitsOn(keeps.page))
  await eye.see(asks.page, 'a07-other-device')
  await asks.page.getByRole('button', { name: say('move.next') }).click()
  await expect(asks.page.locator('.line.fate').first()).toBeVisible()
  await expect(keeps.page.getByText(say('move.old.open.done.text'))).toBeVisible()
}

/** The same phone as if it had just been bought: only its passkeys are there. */
async function empty(page: Page, demo: Demo): Promise<void> {
  await page.context().clearCookies()
  await page.goto(`${demo.at.app}/licences.txt`)
  await page.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase('countersign').onsuccess = resolve)))
  await page.goto(demo.at.app)
}

test.describe('verify', () => {
  test.use({ language: 'ja' })

  test('a personal account is verified on the new phone by password and a code by mail; both phones sign in', async ({ computer, demo, language, phone, say }, info) => {
    const eye = new Eye(language, info)
    const terminal = await Terminal.open()
    const codes = await backUp(terminal, computer, demo, say, haru)
    const { page } = phone
    const button = (key: string) => page.getByRole('button', { name: say(key), exact: true })
    const line = page.locator('.line.fate').filter({ hasText: 'Komorebi' })

    await test.step('the backup is opened', async () => {
      await page.goto(`${demo.at.app}/#recover`)
      await page.getByLabel(say('recover.begin.login')).fill(haru)
      await button('recover.begin.go').click()
      await prove(page, demo, say, codes)
      await page.getByRole('link', { name: say('recover.way.key') }).click()
      await page.getByLabel(say('recover.way.key')).fill(await terminal.read('key'))
      await button('recover.key.go').click()
      await line.getByRole('link', { name: say('recover.do.verify') }).click()
      await page.getByRole('button', { name: say('recover.restore.here') }).click()
      await eye.see(page, 'a07-verify-go', say('recover.ask.signed'))
    })
    const pages = page.context().waitForEvent('page')
    await page.locator('a[href*="/restore/"]').click()
    const service = await pages
    await test.step('two proofs; the phone takes the account, and is tried with a number', async () => {
      await proveByMail(service, computer, demo, say, haru, 'mail.restore_code.subject')
      await eye.see(service, 'b7-restore', say('restore.go.title'))
      await service.getByRole('button', { name: say('restore.go.go') }).click()
      const number = await readNumber(service)
      await eye.see(service, 'b7-restore-test', say('security.test.title'))
      await page.bringToFront()
      await typeNumber(phone, say, number)
      await expect(page.getByText(say('app.pair.ready.title'))).toBeVisible()
      await button('app.pair.ready.done').click()
      await expect(service.getByText(say('restore.done.text'))).toBeVisible()
      await page.goto(`${demo.at.app}/#recover`)
      await page.getByRole('button', { name: say('recover.list.rest', { n: 5 }) }).click()
      await expect(line).toContainText(say('recover.is.restored'))
    })
    await test.step('the codes differ, and each signs in', async () => {
      await page.goto(demo.at.app)
      const copy = page.locator('.account').filter({ hasText: 'Komorebi' }).locator('.copy')
      await expect(copy).toHaveAccessibleName(codeHeard)
      const before = await terminal.run('code', haru)
      const code = await codeOn(copy)
      const after = await terminal.run('code', haru)
      expect([before, after]).not.toContain(code) // whether or not time went on between them
      for (const each of [code, after]) {
        await computer.context().clearCookies()
        await computer.goto(`${demo.at.id}/signin?to=/security`)
        await giveNameAndPassword(computer, demo, say, haru)
        await computer.getByRole('link', { name: say('signin.ways.link') }).click()
        await computer.getByRole('link', { name: say('signin.ways.code') }).click()
        await giveCode(computer, say, each)
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
      }
    })
    await test.step('the phone works, so the lost device is removed everywhere by one tap', async () => {
      await page.goto(`${demo.at.app}/#recover/lost`)
      const device = page.locator('.line').filter({ hasText: hostname() })
      await eye.see(page, 'a07-lost', say('recover.lost.title'))
      await device.getByRole('button').click()
      await eye.see(page, 'a07-lost-ask')
      await page.getByRole('dialog').getByRole('button', { name: say('recover.lost.yes') }).click()
      await expect(page.getByText(say('recover.lost.done', { device: hostname(), where: 'Komorebi' }))).toBeVisible()
      await expect(device).toHaveCount(0)
      await computer.goto(`${demo.at.id}/security`)
      await expect(computer.getByText(say('signin.accounts.out'))).toBeVisible() // everywhere
      await expect(terminal.run('waiting')).rejects.toThrow()
    })
    await terminal.close()
  })
})
