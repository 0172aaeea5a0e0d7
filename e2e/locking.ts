// The app lock as a person uses it: the screen lock of their phone, and the app behind it.
import type { CDPSession, Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect } from './fixtures.ts'
import { codeHeard } from './steps.ts'
import type { Say } from './words.ts'

/** A phone whose screen lock vouches for the person, or does not. */
export class Owner {
  private authenticatorId = ''

  private constructor(private readonly cdp: CDPSession) {}

  static async of(page: Page, prf = true): Promise<Owner> {
    const owner = new Owner(await page.context().newCDPSession(page))
    await owner.cdp.send('WebAuthn.enable')
    await owner.arrives(prf)
    return owner
  }

  /** Holds a phone without any passkey; it has room for three. */
  async arrives(prf = true): Promise<void> {
    if (this.authenticatorId) await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticatorId })
    const options = {
      protocol: 'ctap2',
      ctap2Version: 'ctap2_1',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      hasPrf: prf,
    } as const
    this.authenticatorId = (await this.cdp.send('WebAuthn.addVirtualAuthenticator', { options })).authenticatorId
  }

  /** From now on somebody else holds the phone. */
  async leaves(): Promise<void> {
    await this.cdp.send('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified: false })
  }

  /** What the passkey is for. */
  async passkeys(): Promise<{ rpId?: string; isResidentCredential: boolean }[]> {
    return (await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.authenticatorId })).credentials
  }
}

/** The app with one account, as its owner left it. */
export class App {
  constructor(
    readonly page: Page,
    private readonly demo: Demo,
    private readonly say: Say,
  ) {}

  async open(hash = ''): Promise<void> {
    await this.page.goto('about:blank')
    await this.page.goto(`${this.demo.at.app}/#${hash}`)
  }

  async addAccount(): Promise<void> {
    await this.open(`link?uri=${encodeURIComponent('otpauth://totp/Kumo%20Mail:mei?secret=GEZDGNBVGY3TQOJQ&issuer=Kumo%20Mail')}`)
    await this.button('app.add').click()
    await expect(this.button('app.account.more')).toBeVisible()
  }

  /** Turns the lock on, with a PIN if there is one. */
  async turnOn(withPin?: string): Promise<void> {
    await this.open('lock')
    await this.button('lock.setup.passkey.do').click()
    await this.button('lock.passkey.use').click()
    if (withPin) {
      await this.page.getByLabel(this.say('lock.pin.new')).fill(withPin)
      await this.page.getByLabel(this.say('lock.pin.again')).fill(withPin)
      await this.button('lock.setup.with').click()
    } else await this.button('lock.setup.without').click()
    await expect(this.page.getByText(this.say('lock.on.title'))).toBeVisible()
  }

  /** Types on the pad of the lock screen. */
  async typePin(digits: string): Promise<void> {
    const pad = this.page.getByRole('group', { name: this.say('lock.pad') })
    for (const digit of digits) await pad.getByRole('button', { name: digit, exact: true }).click()
    await this.button('lock.unlock').click()
  }

  async expectLocked(): Promise<void> {
    await expect(this.page.getByRole('heading', { name: this.say('lock.title') })).toBeVisible()
    await expect(this.page.locator('.code, .account')).toHaveCount(0)
  }

  async expectCodes(): Promise<void> {
    await expect(this.page.locator('.account .copy').first()).toHaveAccessibleName(codeHeard)
  }

  button(key: string, values?: Record<string, string | number>) {
    return this.page.getByRole('button', { name: this.say(key, values), exact: true })
  }
}
