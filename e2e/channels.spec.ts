// N1: while a request is open its number is on the page that asked, and
// nowhere else. Played where numbers have six digits, so that one found is one
// leaked. Afterwards the database and the log hold no secret of anybody.
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect, test } from './fixtures.ts'
import { Wire } from './hear.ts'
import { allow, firstLook, giveNameAndPassword, readNumber, typeNumber } from './steps.ts'

const login = 'haru@komorebi.example'

test('the number is on the page that asked and nowhere else; no secret is in the database or the log', async ({
  browser,
  computer,
  demo,
  phone,
  say,
}) => {
  const onPhone = await Wire.tap(phone.page)
  await firstLook(phone, computer, demo, say, login)
  const secrets = [demo.at.password, ...(await paired(onPhone)), ...(await cookies(computer.context()))]

  const context = await browser.newContext({ locale: 'en-GB' })
  const asker = await context.newPage()
  const onPage = await Wire.tap(asker)
  await asker.goto(`${demo.at.id}/signin?to=/security`)
  await giveNameAndPassword(asker, demo, say, login)
  const number = await readNumber(asker)
  const shows = (text: string) => leaks(number).some((leak) => leak.test(text))

  await test.step('N1: while it is open', async () => {
    expect(number).toMatch(/^\d{6}$/)
    await expect.poll(async () => shows(await onPage.answer('/signin/number')), 'the search finds what is there').toBe(true)
    await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
    await expect.poll(() => onPhone.all(), 'the stream is heard').toContain('event: requests')
    await expect.poll(() => onPage.all(), 'so is that of the page').toContain('event: state')
    const channels = new Map([
      ['the wire of the phone', await onPhone.all()],
      ['the screen of the phone', await phone.page.content()],
      ['the address of the page', asker.url() + (await asker.title())],
      ['its links and forms', await ways(asker)],
      ['its stream', onPage.heard.filter((text) => text.startsWith('event:')).join('\n')],
      ['its cookies', (await cookies(context)).join('\n')],
      ['the log', demo.lines.join('\n')],
      ...(await elsewhere(computer, demo)),
      ...(await files(demo)),
    ])
    for (const [name, text] of channels) {
      expect(text.length, `there is something in ${name}`).toBeGreaterThan(0)
      expect(shows(text), `${name} shows the number`).toBe(false)
    }
  })

  secrets.push(...(await cookies(context)))
  await typeNumber(phone, say, number)
  await expect(asker).toHaveURL(`${demo.at.id}/security`)
  await expect.poll(async () => shows(await onPhone.all()), 'the phone sent what was typed').toBe(true)

  await test.step('tokens of an application', async () => {
    await asker.goto(demo.at.notes)
    await asker.getByRole('button', { name: say('demo.notes.signin') }).click()
    await allow(asker, say)
    await expect(asker.getByRole('listitem').first()).toBeVisible()
    const tokens = JSON.parse(await onPage.answer('/token')) as Record<string, string>
    secrets.push(tokens['access_token'] ?? '', tokens['id_token'] ?? '', tokens['refresh_token'] ?? '')
    secrets.push(/[?&]code=([^&"\s]+)/.exec(await onPage.all())?.[1] ?? '')
    secrets.push(...(await cookies(context)))
  })

  await test.step('the files of the database and the log', async () => {
    expect(secrets.length).toBeGreaterThan(12)
    const places = new Map([...(await files(demo)), ['the log', demo.lines.join('\n')]])
    for (const [name, text] of places) {
      expect(shows(text), `${name} shows the number`).toBe(false)
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(8)
        for (const form of forms(secret)) expect(text.includes(form), `${name} holds ${secret}`).toBe(false)
      }
    }
  })
  await context.close()
})

/** Ways to write a number that somebody could read: by itself (digits within
 *  longer ones are times), spaced, encoded, hashed. */
function leaks(number: string): RegExp[] {
  const hash = createHash('sha256').update(number)
  const written = [
    [...number].join('[ ,"]+'),
    Buffer.from(number).toString('base64').replaceAll('=', ''),
    Buffer.from(number).toString('hex'),
    hash.copy().digest('hex'),
    hash.digest('base64url'),
  ]
  return [new RegExp(`(?<![0-9])${number}(?![0-9])`), ...written.map((text) => new RegExp(text, 'i'))]
}

/** A secret as it is, as its bytes if it is base32, and encoded once more. */
function forms(secret: string): string[] {
  const bytes = /^[A-Z2-7]{16,}$/.test(secret) ? base32(secret).toString('latin1') : secret
  const hash = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  return [secret, bytes, hash, Buffer.from(secret).toString('hex')]
}

function base32(text: string): Buffer {
  const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}

/** What the phone scanned, and what it was given for codes. */
async function paired(wire: Wire): Promise<string[]> {
  const { code } = JSON.parse(await wire.answer('/device/pair')) as { code: { secret: string } }
  const sent = /"secret":"([^"]+)"/.exec(wire.heard.find((text) => text.startsWith('POST') && text.includes('/device/pair ')) ?? '')
  return [code.secret, sent?.[1] ?? '']
}

/** What cookies of the service open, each token by itself. */
async function cookies(context: BrowserContext): Promise<string[]> {
  const all = await context.cookies()
  return all.filter(({ name }) => ['si', 'ss', 'kb'].includes(name)).flatMap(({ value }) => value.split('.'))
}

/** Where a page leads. */
async function ways(page: Page): Promise<string> {
  const all = await page.locator('a, form, input, button, link, meta').evaluateAll((found) =>
    found.flatMap((one) => ['href', 'action', 'value', 'content'].map((name) => one.getAttribute(name) ?? '')),
  )
  return all.join('\n')
}

/** What the same person sees in another session, and what anybody sees. */
async function elsewhere(page: Page, demo: Demo): Promise<[string, string][]> {
  const { id, inbox } = demo.at
  const paths = ['/security', '/security/activity', '/security/sessions', '/security/apps', '/signin', '/readyz', '/.well-known/openid-configuration']
  const seen = paths.map(async (path): Promise<[string, string]> => [path, await (await page.request.get(id + path)).text()])
  return Promise.all([...seen, page.request.get(inbox).then(async (answer): Promise<[string, string]> => ['the inbox', await answer.text()])])
}

/** Every byte of the database's files: also what was deleted, or is not yet in its place. */
async function files(demo: Demo): Promise<[string, string][]> {
  const [folder, name] = [dirname(demo.database), basename(demo.database)]
  const names = (await readdir(folder)).filter((file) => file.startsWith(name) && !file.endsWith('-shm'))
  return Promise.all(names.map(async (file): Promise<[string, string]> => [file, (await readFile(join(folder, file))).toString('latin1')]))
}
