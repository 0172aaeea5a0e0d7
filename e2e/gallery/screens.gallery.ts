// Every screen of the first journey, taken while two people play it: once in
// English by day, once at night, once in Japanese.
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import type { Demo } from '../demo.ts'
import { test, type Phone } from '../fixtures.ts'
import { givePassword, mei, readNumber, scan, typeNumber } from '../steps.ts'
import type { Say } from '../words.ts'
import { out } from './sheet.ts'

const desktop = { width: 1280, height: 860 }
const hand = { width: 390, height: 844 }

for (const look of ['light', 'dark', 'ja']) {
  test.describe(look, () => {
    test.use({ language: look === 'ja' ? 'ja' : 'en', colorScheme: look === 'dark' ? 'dark' : 'light' })
    test('screens', async ({ demo, computer, phone, say }) => {
      await new Shoot(look, demo, computer, phone, say).all()
    })
  })
}

class Shoot {
  constructor(
    private readonly look: string,
    private readonly demo: Demo,
    private readonly computer: Page,
    private readonly phone: Phone,
    private readonly say: Say,
  ) {}

  async all(): Promise<void> {
    await this.phone.page.setViewportSize(hand)
    await this.welcome()
    await this.names()
    await this.pairing()
    await this.accounts()
    await this.numbers()
    await this.consent()
    await this.security()
    await this.expiry()
  }

  private async shot(page: Page, name: string): Promise<void> {
    await page.waitForTimeout(700) // the sheet rises, the seal closes
    await page.screenshot({ path: join(out, `${name}.${this.look}.png`) })
  }

  /** A page of the service, on a computer and on a phone. */
  private async both(name: string): Promise<void> {
    await this.computer.setViewportSize(hand)
    await this.shot(this.computer, `${name}.phone`)
    await this.computer.setViewportSize(desktop)
    await this.shot(this.computer, name)
  }

  private async welcome(): Promise<void> {
    const { page } = this.phone
    await page.goto(this.demo.at.app)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await this.shot(page, 'a01-first-launch')
    await page.goto(`${this.demo.at.app}/#add`)
    await this.shot(page, 'a05-scan')
    await page.goto(`${this.demo.at.app}/#add/manual`)
    await this.shot(page, 'a05-manual')
    await page.goto(`${this.demo.at.app}/#pair/code`)
    await this.shot(page, 'a05-setup-code')
  }

  private async names(): Promise<void> {
    const { computer, demo, say } = this
    await computer.setViewportSize(desktop)
    await computer.goto(demo.at.start)
    await this.both('demo-start')
    await computer.goto(`${demo.at.expenses}/signin`)
    await this.both('b1-username')
    await computer.getByLabel(say('signin.name.label')).fill(mei.login)
    await computer.getByRole('button', { name: say('signin.name.next') }).click()
    await computer.getByLabel(say('signin.password.name'), { exact: true }).fill('not this one')
    await computer.getByRole('button', { name: say('signin.password.go') }).click()
    await this.both('b2-password')
    await givePassword(computer, demo, say)
    await this.both('c3-first-phone')
  }

  private async pairing(): Promise<void> {
    const { computer, demo, phone, say } = this
    await computer.getByRole('button', { name: say('security.start.go') }).click()
    await this.both('c3-first-code')
    await scan(phone, computer, demo, say)
    await computer.getByRole('button', { name: say('security.taken.yes') }).waitFor()
    await this.shot(phone.page, 'a05-wait')
    await this.both('c3-yours')
    await computer.getByRole('button', { name: say('security.taken.yes') }).click()
    const number = await readNumber(computer)
    await this.both('c3-test')
    await this.shot(phone.page, 'a04-test')
    await typeNumber(phone, say, number)
    await phone.page.getByText(say('app.pair.ready.title')).waitFor()
    await this.shot(phone.page, 'a04-ready')
    await phone.page.getByRole('button', { name: say('app.pair.ready.done') }).click()
    await computer.getByRole('heading', { level: 1 }).waitFor()
    await this.both('b5-consent-expenses')
  }

  private async accounts(): Promise<void> {
    const { page } = this.phone
    const others = [
      'Kumo Mail:mei@kumo.example',
      'GitHub:meitanaka',
      'Hoshi Bank:1204-77',
      'Mori Books:mei',
      'Tsubame Post:tanaka',
      'Yama Cloud:mei.t',
    ]
    for (const [i, label] of others.entries()) {
      const [issuer = ''] = label.split(':')
      const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ' + 'ABCDEFGH'.charAt(i)
      await page.goto(`${this.demo.at.app}/#link?uri=${encodeURIComponent(`otpauth://totp/${label}?secret=${secret}&issuer=${issuer}`)}`)
      if (i === 0) await this.shot(page, 'a05-link')
      await page.locator('.btn.primary').click()
      await page.waitForFunction(() => !location.hash.startsWith('#link'))
    }
    await page.goto(`${this.demo.at.app}/#menu`)
    await this.shot(page, 'a08-settings')
    await page.goto(`${this.demo.at.app}/#menu/about`)
    await this.shot(page, 'a08-about')
    await page.goto(`${this.demo.at.app}/#`)
    await page.waitForFunction(() => Date.now() % 30_000 < 8_000, undefined, { timeout: 40_000 })
    await this.shot(page, 'a02-accounts')
    await page.waitForFunction(() => Date.now() % 30_000 > 25_500, undefined, { timeout: 40_000 })
    await this.shot(page, 'a02-accounts-next')
    await page.locator('.account .open').first().click()
    await this.shot(page, 'a03-account')
    await page.setViewportSize(desktop)
    await page.goto(`${this.demo.at.app}/#`)
    await this.shot(page, 'a02-accounts.desktop')
    await page.setViewportSize(hand)
  }

  private async again(): Promise<string> {
    const { computer, demo, say } = this
    await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
    await givePassword(computer, demo, say)
    return readNumber(computer)
  }

  private async numbers(): Promise<void> {
    const { computer, phone, say } = this
    await this.again()
    await phone.page.getByText(say('app.approve.title'), { exact: true }).waitFor()
    await this.both('b3-number')
    await this.shot(phone.page, 'a04-approve')
    await computer.getByRole('link', { name: say('signin.ways.link') }).click()
    await this.both('b4-another-way')
    await computer.getByRole('link', { name: say('signin.code.name') }).click()
    await this.both('b4-code')
    await phone.page.getByRole('button', { name: say('app.approve.no') }).click()
    await this.shot(phone.page, 'a04-which-no')
    await phone.page.getByRole('button', { name: say('app.approve.deny') }).click()
    await phone.page.getByText(say('app.approve.denied.title')).waitFor()
    await this.shot(phone.page, 'a04-denied')
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    await this.approved(await this.again())
  }

  private async approved(number: string): Promise<void> {
    const { computer, phone, say } = this
    await computer.route(/\/static\/go\./, (route) => route.abort()) // stay on the page that goes on by itself
    await phone.page.getByText(say('app.approve.title'), { exact: true }).waitFor()
    await phone.page.keyboard.type(number)
    await this.shot(computer, 'scene-computer')
    await this.shot(phone.page, 'a04-approve-ready')
    await phone.page.getByRole('button', { name: say('app.approve.yes'), exact: true }).click()
    await phone.page.getByText(say('app.approve.approved.title')).waitFor()
    await this.shot(phone.page, 'a04-approved')
    await computer.getByRole('heading', { name: say('signin.approved.title') }).waitFor()
    await this.both('b3-number-approved')
    await computer.unroute(/\/static\/go\./)
    await computer.getByRole('button', { name: say('signin.continue') }).click()
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
  }

  private async consent(): Promise<void> {
    const { computer, demo, say } = this
    await computer.goto(demo.at.notes)
    await computer.getByRole('button', { name: say('demo.notes.signin') }).click()
    await computer.getByRole('button', { name: say('oauth.consent.yes'), exact: true }).waitFor()
    await this.both('b5-consent')
  }

  private async security(): Promise<void> {
    const { computer, demo } = this
    for (const [name, path] of [
      ['c1-security-info', ''],
      ['c2-add-method', '/add'],
      ['c1-sessions', '/sessions'],
      ['c1-activity', '/activity'],
    ]) {
      await computer.goto(`${demo.at.id}/security${path}`)
      await this.both(name ?? '')
    }
    await computer.goto(`${demo.at.id}/security/add`)
    await computer.locator('.choice').first().click()
    await computer.locator('.qr').waitFor()
    await this.both('c3-pair')
    await computer.goto(`${demo.at.inbox}`)
    await this.both('demo-inbox')
  }

  /** A minute in which nobody answers. */
  private async expiry(): Promise<void> {
    await this.again()
    await this.computer.getByRole('heading', { name: this.say('signin.expired.title') }).waitFor({ timeout: 75_000 })
    await this.both('b6-expired')
  }
}
