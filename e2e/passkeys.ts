// An authenticator as Chromium plays one: a device that keeps passkeys, with
// its user verified and at hand.
import type { CDPSession, Page } from '@playwright/test'

export class Authenticator {
  private constructor(
    private readonly cdp: CDPSession,
    private readonly id: string,
  ) {}

  /** Gives a window an authenticator: built in, or a key that is plugged in. */
  static async in(page: Page, transport: 'internal' | 'usb' = 'internal'): Promise<Authenticator> {
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    })
    return new Authenticator(cdp, authenticatorId)
  }

  /** Whether somebody is there to touch it. */
  async present(enabled: boolean): Promise<void> {
    await this.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.id, enabled })
  }

  /** How many passkeys it keeps. */
  async count(): Promise<number> {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.id })
    return credentials.length
  }

  /** Sets its counters back, as those of a copy made earlier would be. */
  async copiedEarlier(): Promise<void> {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.id })
    await this.cdp.send('WebAuthn.clearCredentials', { authenticatorId: this.id })
    for (const credential of credentials) {
      await this.cdp.send('WebAuthn.addCredential', { authenticatorId: this.id, credential: { ...credential, signCount: 1 } })
    }
  }
}
