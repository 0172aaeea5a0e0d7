// The sample applications, and two client libraries as npm has them: whoever
// speaks OpenID Connect is served without knowing us.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Page } from '@playwright/test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import { program, type Demo } from './demo.ts'
import { expect, test } from './fixtures.ts'
import { allow, firstLook, giveNameAndPassword, mei, pair } from './steps.ts'

test.describe('the single-page application', () => {
  test('hears no, then reads the notes, renews its tokens and signs out', async ({ demo, computer, phone, say }) => {
    const hello = computer.getByRole('heading', { name: `${say('demo.notes.hello')}${mei.name}` })
    const signIn = computer.getByRole('button', { name: say('demo.notes.signin') })

    await test.step('not now', async () => {
      await computer.goto(demo.at.notes)
      await signIn.click()
      await giveNameAndPassword(computer, demo, say)
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await pair(phone, computer, demo, say)
      await expect(computer.getByText(say('oauth.consent.never'))).toBeVisible()
      await computer.getByRole('button', { name: say('oauth.consent.no') }).click()
      await expect(computer.getByRole('alert')).toContainText('access_denied')
      await expect(computer).toHaveURL(`${demo.at.notes}/`)
    })

    await test.step('allowed, it reads the notes from the API', async () => {
      await signIn.click()
      await allow(computer, say)
      await expect(hello).toBeVisible()
      await expect(computer.getByRole('listitem')).toHaveText([say('demo.note.1'), say('demo.note.2'), say('demo.note.3')])
    })

    await test.step('new tokens work like the old ones', async () => {
      const renewed = computer.waitForResponse(`${demo.at.id}/token`)
      await computer.getByRole('button', { name: say('demo.notes.refresh') }).click()
      expect((await renewed).request().postData()).toContain('grant_type=refresh_token')
      expect((await renewed).status()).toBe(200)
      const read = computer.waitForResponse(`${demo.at.api}/notes`)
      await computer.getByRole('button', { name: say('demo.notes.reload') }).click()
      expect((await read).status()).toBe(200)
    })

    await test.step('what was allowed is not asked again', async () => {
      await computer.reload() // tokens live in the page's memory only
      await signIn.click()
      await expect(hello).toBeVisible()
    })

    await test.step('signing out there signs out here', async () => {
      await computer.getByRole('button', { name: say('demo.notes.signout') }).click()
      await expect(signIn).toBeVisible()
      await expect(computer).toHaveURL(`${demo.at.notes}/`)
      await computer.goto(`${demo.at.id}/security`)
      await expect(computer).toHaveURL(/\/signin\//)
    })
  })
})

test.describe('on the same session', () => {
  test.use({ language: 'ja' })
  test('the command line signs in through the browser, and openid-client and jose agree with us', async ({ demo, computer, phone, say }) => {
    await firstLook(phone, computer, demo, say)

    await test.step('the command line reads the notes', async () => {
      const terminal = await Terminal.open(demo)
      await computer.goto(terminal.link)
      await expect(computer.getByText(say('oauth.consent.native'))).toBeVisible()
      await allow(computer, say)
      await expect(computer.getByText(say('demo.cli.done'))).toBeVisible()
      expect(await terminal.end()).toBe(0)
      expect(terminal.said).toContain(say('demo.cli.hello', { name: mei.name }))
      expect(terminal.said).toContain(` – ${say('demo.note.1')}`)
    })

    await test.step('a program on the device is asked about each time, and hears no', async () => {
      const terminal = await Terminal.open(demo)
      await computer.goto(terminal.link)
      await computer.getByRole('button', { name: say('oauth.consent.no') }).click()
      await expect(computer.getByText(say('demo.cli.failed'))).toBeVisible()
      expect(await terminal.end()).toBe(1)
      expect(terminal.complained.join('\n')).toContain('access_denied')
    })

    await test.step('openid-client goes the whole round', async () => {
      const config = await client.discovery(new URL(demo.at.id), 'aoba-notes', undefined, client.None(), {
        execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
      })
      const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState(), expectedNonce: client.randomNonce() }
      const link = client.buildAuthorizationUrl(config, {
        redirect_uri: `${demo.at.notes}/`,
        scope: 'openid profile offline_access notes.read',
        state: checks.expectedState,
        nonce: checks.expectedNonce,
        code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      const answer = await answerAt(computer, demo.at.notes, link, () => allow(computer, say))
      const tokens = await client.authorizationCodeGrant(config, answer, { ...checks, idTokenExpected: true })
      const subject = tokens.claims()?.sub ?? ''
      const person = await client.fetchUserInfo(config, tokens.access_token, subject)
      expect(person).toMatchObject({ sub: subject, name: mei.name })

      await verify(demo, tokens.id_token ?? '', tokens.access_token, subject, checks.expectedNonce)

      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
      expect(next.refresh_token).not.toBe(tokens.refresh_token)
      const notes = await client.fetchProtectedResource(config, next.access_token, new URL(`${demo.at.api}/notes`), 'GET')
      expect(await notes.json()).toMatchObject({ person: subject, client: 'aoba-notes' })
      await client.tokenRevocation(config, next.refresh_token ?? '')
      await expect(client.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toThrow(client.ResponseBodyError)
    })
  })
})

/** jose checks both tokens against the published keys. */
async function verify(demo: Demo, idToken: string, accessToken: string, subject: string, nonce: string): Promise<void> {
  const keys = createRemoteJWKSet(new URL(`${demo.at.id}/jwks.json`))
  const id = await jwtVerify(idToken, keys, { issuer: demo.at.id, audience: 'aoba-notes', algorithms: ['ES256'] })
  expect(id.payload).toMatchObject({ sub: subject, nonce, name: mei.name, amr: ['pwd'] }) // pairing with the password alone proves no more
  const access = await jwtVerify(accessToken, keys, { issuer: demo.at.id, audience: demo.at.api, algorithms: ['ES256'], typ: 'at+jwt' })
  expect(access.payload).toMatchObject({ sub: subject, client_id: 'aoba-notes', scope: expect.stringContaining('notes.read') })
}

/** Follows a link to the service and takes the answer on its way to the
 *  application, which has not asked and so leaves it alone. */
async function answerAt(page: Page, origin: string, link: URL, act: () => Promise<void>): Promise<URL> {
  const answer = page.waitForRequest((request) => request.url().startsWith(`${origin}/?`))
  await page.goto(link.href)
  await act()
  return new URL((await answer).url())
}

/** The demo's application for the command line, in a Japanese terminal. */
class Terminal {
  private constructor(
    private readonly ended: Promise<number | null>,
    readonly said: string[],
    readonly complained: string[],
    /** What it asks the person to open. */
    readonly link: string,
  ) {}

  static async open(demo: Demo): Promise<Terminal> {
    const child = spawn(program, ['demo', 'cli', '--issuer', demo.at.id, '--api', demo.at.api], {
      env: { ...process.env, LANG: 'ja_JP.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [said, complained]: [string[], string[]] = [[], []]
    const out = createInterface({ input: child.stdout })
    const err = createInterface({ input: child.stderr }).on('line', (line) => complained.push(line))
    const ended = Promise.all([once(child, 'exit'), once(out, 'close'), once(err, 'close')]).then(([[code]]) => code as number | null)
    const link = await new Promise<string>((resolve, reject) => {
      out.on('line', (line) => {
        said.push(line)
        if (line.startsWith(demo.at.id)) resolve(line)
      })
      child.once('exit', () => reject(new Error(complained.join('\n'))))
    })
    return new Terminal(ended, said, complained, link)
  }

  end(): Promise<number | null> {
    return this.ended
  }
}
