// What the app shows and draws, measured by tools that know nothing of us:
// oathtool makes the same codes, zbarimg reads the QR code.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, type Phone } from './fixtures.ts'
import { drawQR, readQR } from './qr.ts'
import { giveNameAndPassword } from './steps.ts'
import type { Say } from './words.ts'

interface Recipe {
  readonly issuer: string
  readonly secret: string
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512'
  readonly digits: 6 | 8
  /** Seconds; none for codes by counter, which begin at `counter`. */
  readonly period?: number
  readonly counter?: number
}

const byCamera: Recipe[] = [
  { issuer: 'Kumo Mail', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', algorithm: 'SHA1', digits: 6, period: 30 },
  { issuer: 'Hoshi Bank', secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA', algorithm: 'SHA256', digits: 8, period: 60 },
  { issuer: 'Mori Books', secret: 'NRXW4ZZANNSXSIDPMYQHG33NMVRG6ZDZ', algorithm: 'SHA1', digits: 6, counter: 5 },
]
const byHand: Recipe[] = [
  { issuer: 'Tsubame Post', secret: 'KRUGS4ZANFZSAYJAORSXG5BB', algorithm: 'SHA512', digits: 8, period: 30 },
  { issuer: 'Yama Cloud', secret: 'JBSWY3DPEHPK3PXP', algorithm: 'SHA256', digits: 6, period: 60 },
  { issuer: 'Nagi Net', secret: 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U', algorithm: 'SHA1', digits: 8, counter: 0 },
]

test.describe('codes', () => {
  test.use({ language: 'ja' })
  test('the app and oathtool agree', async ({ demo, phone, say }) => {
    for (const recipe of byCamera) {
      await test.step(`${recipe.issuer}, seen by the camera`, async () => {
        await phone.seesPicture(await drawQR(uriOf(recipe)))
        await phone.page.goto(`${demo.at.app}/#add`)
        await expectSame(phone, say, recipe)
      })
    }
    await phone.seesNothing() // the way to the form leads past the scanner
    for (const recipe of byHand) {
      await test.step(`${recipe.issuer}, typed by hand`, async () => {
        await type(phone, say, recipe)
        await expectSame(phone, say, recipe)
      })
    }
    await phone.page.getByRole('button', { name: say('app.back') }).click()
    await expect(phone.page.locator('.account')).toHaveCount(byCamera.length + byHand.length)
  })
})

test.describe('the pairing page at night', () => {
  test.use({ colorScheme: 'dark' })
  test('draws a QR code that zbarimg reads', async ({ computer, demo, say }, info) => {
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    await computer.getByRole('button', { name: say('security.start.go') }).click()
    const file = info.outputPath('qr.png')
    await computer.locator('.qr').screenshot({ path: file })
    const read = new URL(await readQR(file))
    expect(read.origin).toBe(demo.at.app)
    const behind = new URLSearchParams(read.hash.replace('#pair?', ''))
    expect(behind.get('i')).toBe(demo.at.id)
    expect(`/security/pair/${behind.get('o')}`).toBe(await computer.locator('#pair').getAttribute('data-at'))
    expect(behind.get('s')).toMatch(/^[A-Z2-7]{26}$/)
  })
})

/** What a site would draw (docs: Key Uri Format). */
function uriOf({ issuer, secret, algorithm, digits, period, counter }: Recipe): string {
  const label = encodeURIComponent(`${issuer}:mei`)
  const query = new URLSearchParams({ secret, issuer, algorithm, digits: String(digits) })
  if (period === undefined) return `otpauth://hotp/${label}?${query}&counter=${counter}`
  return `otpauth://totp/${label}?${query}&period=${period}`
}

async function type({ page }: Phone, say: Say, recipe: Recipe): Promise<void> {
  await page.getByRole('button', { name: say('app.back') }).click()
  await page.getByRole('link', { name: say('app.list.add') }).click()
  await page.getByRole('link', { name: say('app.scan.manual') }).click()
  await page.getByLabel(say('app.manual.issuer')).fill(recipe.issuer)
  await page.getByLabel(say('app.manual.secret')).fill(recipe.secret.toLowerCase().replace(/(.{4})/g, '$1 '))
  await page.getByText(say('app.manual.more')).click()
  if (recipe.period === undefined) await page.getByLabel(say('app.manual.type')).selectOption('hotp')
  await page.getByLabel(say('app.manual.algorithm')).selectOption(recipe.algorithm)
  await page.getByLabel(say('app.manual.digits')).fill(String(recipe.digits))
  if (recipe.period === undefined) await page.getByLabel(say('app.manual.counter')).fill(String(recipe.counter))
  else await page.getByLabel(say('app.manual.period')).fill(String(recipe.period))
  await page.getByRole('button', { name: say('app.add'), exact: true }).click()
}

/** Compares the code on the account's screen; of one by counter, two after each other. */
async function expectSame({ page }: Phone, say: Say, recipe: Recipe): Promise<void> {
  await expect(page.getByRole('heading', { name: recipe.issuer, exact: true })).toBeVisible()
  const shown = page.locator('.tile-code .vh')
  if (recipe.period !== undefined) {
    await expect(async () => {
      const code = await oathtool(recipe, Date.now())
      await expect(shown).toHaveText([...code].join(' '), { timeout: 1_000 }) // at the turn of a period it follows
    }).toPass({ timeout: 30_000 })
    return
  }
  for (const counter of [0, 1].map((n) => n + (recipe.counter ?? 0))) {
    const code = await oathtool(recipe, counter)
    await page.getByRole('button', { name: say('app.list.count.short') }).click()
    await expect(shown).toHaveText([...code].join(' '))
  }
}

/** The code of a moment (milliseconds since 1970), or of a counter. */
async function oathtool({ secret, algorithm, digits, period }: Recipe, at: number): Promise<string> {
  const moving = period === undefined ? ['--hotp', '-c', String(at)] : [`--totp=${algorithm.toLowerCase()}`, '-s', `${period}s`, '-N', new Date(at).toISOString()]
  const { stdout } = await promisify(execFile)('oathtool', [...moving, '-d', String(digits), '-b', secret])
  return stdout.trim()
}
