// The app by itself: where it runs, how it looks and speaks, the browser's back,
// what it copies, and a phone that keeps nothing.
import { createHmac } from 'node:crypto'
import { expect, expectAccessible, test, type Phone } from './fixtures.ts'
import type { Demo } from './demo.ts'
import type { Say } from './words.ts'

test.describe('a tab on an iPhone', () => {
  test.use({ language: 'ja' })
  test('asks to install first: what is added in the tab would not be in the app', async ({ demo, phone, say }) => {
    const { page } = phone
    await page.addInitScript(() => Object.defineProperty(navigator, 'standalone', { value: false }))
    await page.goto(demo.at.app)
    await expect(page.getByRole('heading', { name: say('app.ios.title') })).toBeVisible()
    await expect(page.getByRole('link', { name: say('app.add') })).toHaveCount(0)
    await expectAccessible(page)
    await page.getByRole('button', { name: say('app.ios.stay') }).click()
    await expect(page.getByRole('link', { name: say('app.add') })).toBeVisible()
    await page.reload()
    await expect(page.getByRole('link', { name: say('app.add') })).toBeVisible()
  })
})

test.describe('the app', () => {
  test('keeps its look and language, and back closes what lies on top', async ({ demo, phone, say }) => {
    const { page } = phone
    const html = page.locator('html')
    const sheet = page.getByRole('dialog')
    await page.addInitScript(() => {
      if (!isSecureContext) return // about:blank
      StorageManager.prototype.persist = () => {
        document.documentElement.dataset.persist = 'asked'
        return Promise.resolve(false)
      }
    })
    await addKumo(phone, demo, say)
    await expect(html, 'as soon as there is something to keep').toHaveAttribute('data-persist', 'asked')

    await test.step('a deep link opens its screen; back leads to what it belongs to', async () => {
      await page.goto('about:blank')
      await page.goto(`${demo.at.app}/#menu/about`)
      await expect(page.getByRole('heading', { name: say('app.menu.about') })).toBeVisible()
      await page.getByRole('button', { name: say('app.back') }).click()
      await expect(page.getByRole('heading', { name: say('app.list.menu') })).toBeVisible()
    })

    await test.step('back closes the sheet and leaves the screen', async () => {
      await page.goto(`${demo.at.app}/#menu`)
      await page.getByRole('button', { name: say('app.menu.theme') }).click()
      await expect(sheet).toBeVisible()
      await page.goBack()
      await expect(sheet).toHaveCount(0)
      await expect(page.getByRole('heading', { name: say('app.list.menu') })).toBeVisible()
    })

    await test.step('dark, and Japanese, also after a start', async () => {
      await page.getByRole('button', { name: say('app.menu.theme') }).click()
      await sheet.getByText(say('app.theme.dark')).click()
      await expect(html).toHaveAttribute('data-theme', 'dark')
      await expect(sheet).toHaveCount(0)
      await page.getByRole('button', { name: say('app.menu.language') }).click()
      await sheet.getByText('日本語').click()
      await expect(html).toHaveAttribute('lang', 'ja')
      await page.reload()
      await expect(html).toHaveAttribute('data-theme', 'dark')
      await expect(html).toHaveAttribute('lang', 'ja')
    })
  })

  test('copies the code that it shows, and in the last five seconds the next one', async ({ demo, phone, say }) => {
    const { page } = phone
    await phone.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: demo.at.app })
    await page.clock.install({ time: '2026-03-01T09:00:00Z' })
    await addKumo(phone, demo, say)
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    const copy = page.getByRole('button', { name: say('app.account.copy') })

    await page.clock.pauseAt('2026-03-01T09:01:10Z')
    await expect(page.locator('.tile-code .vh')).toHaveText([...codeAt('2026-03-01T09:01:00Z')].join(' '))
    await expect(page.getByText(say('app.list.next'), { exact: true })).toHaveCount(0)
    await copy.click()
    await expect(page.getByText(say('app.list.copied'), { exact: true })).toBeVisible()
    expect(await copied()).toBe(codeAt('2026-03-01T09:01:00Z'))

    await page.clock.pauseAt('2026-03-01T09:01:26Z')
    await expect(page.getByText(say('app.list.next'), { exact: true })).toBeVisible()
    await expect(page.locator('.tile-code .vh')).toHaveText([...codeAt('2026-03-01T09:01:00Z')].join(' '))
    await copy.click()
    await expect(page.getByText(say('app.list.copied.next'), { exact: true })).toBeVisible()
    expect(await copied()).toBe(codeAt('2026-03-01T09:01:30Z'))
  })
})

test.describe('a phone without room', () => {
  test.use({ language: 'ja' })
  test('says so, and nothing was changed', async ({ demo, phone, say }) => {
    const { page } = phone
    await page.addInitScript(() => {
      IDBObjectStore.prototype.add = () => {
        throw new DOMException('no room', 'QuotaExceededError')
      }
    })
    await page.goto(linkTo(demo))
    await page.getByRole('button', { name: say('app.add'), exact: true }).click()
    await expect(page.getByRole('dialog', { name: say('app.trouble.full.title') })).toContainText(say('app.trouble.unchanged'))
    await expectAccessible(page)
    await page.getByRole('button', { name: say('app.ok') }).click()
    await page.goto('about:blank')
    await page.goto(demo.at.app)
    await expect(page.getByRole('heading', { name: say('app.welcome.title') })).toBeVisible()
  })

  test('or one that keeps nothing at all, says what helps', async ({ demo, phone, say }) => {
    const { page } = phone
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('private window', 'SecurityError')
      }
    })
    await page.goto(demo.at.app)
    await expect(page.getByRole('alert')).toContainText(say('app.trouble.blocked.title'))
    await expectAccessible(page)
  })
})

function linkTo(demo: Demo): string {
  return `${demo.at.app}/#link?uri=${encodeURIComponent('otpauth://totp/Kumo%20Mail:mei?secret=GEZDGNBVGY3TQOJQ&issuer=Kumo%20Mail')}`
}

/** Adds an account of another site by its link; its screen is shown. */
async function addKumo({ page }: Phone, demo: Demo, say: Say): Promise<void> {
  await page.goto(linkTo(demo))
  await page.getByRole('button', { name: say('app.add'), exact: true }).click()
  await expect(page.locator('.tile-code .vh')).toHaveText(/\d/)
}

/** What RFC 6238 says is Kumo's code at a time. */
function codeAt(time: string): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Date.parse(time) / 30_000))
  const mac = createHmac('sha1', '1234567890').update(counter).digest()
  return String((mac.readUInt32BE((mac[19] ?? 0) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
