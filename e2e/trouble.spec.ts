// When things go wrong: each has its words, changes nothing it should not, and
// leaves a way on.
import type { Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect, test } from './fixtures.ts'
import { drawQR } from './qr.ts'
import { firstLook, giveCode, giveNameAndPassword, readCode, readNumber, typeNumber } from './steps.ts'
import type { Say } from './words.ts'

test.describe('the camera', () => {
  test.use({ engine: 'whole', language: 'ja' })
  test('says what it saw; refused, it leaves the other ways', async ({ demo, phone, say }) => {
    const { page } = phone
    const said = page.getByRole('region', { name: say('app.scan.ways') }).getByRole('status')

    await test.step('a web page', async () => {
      await phone.seesPicture(await drawQR('https://kumo.example/menu?table=4'))
      await page.goto(`${demo.at.app}/#add`)
      await expect(said).toContainText(say('app.what.web.title', { host: 'kumo.example' }))
    })

    await test.step('a picture of a Wi-Fi network', async () => {
      const buffer = await drawQR('WIFI:S:Kumo;T:WPA;P:secret;;')
      await page.locator('input[type=file]').setInputFiles({ name: 'wifi.png', mimeType: 'image/png', buffer })
      await expect(said).toContainText(say('app.what.wifi'))
    })

    await test.step('refused', async () => {
      await phone.context.clearPermissions()
      await page.goto(`${demo.at.app}/#`)
      await page.goto(`${demo.at.app}/#add`)
      await expect(page.getByRole('alert')).toContainText(say('app.scan.refused.title'))
    })

    await test.step('a picture brings an account all the same', async () => {
      const buffer = await drawQR('otpauth://totp/Hoshi%20Bank:mei?secret=NRXW4ZZANNSXSIDP&issuer=Hoshi%20Bank')
      await page.locator('input[type=file]').setInputFiles({ name: 'hoshi.png', mimeType: 'image/png', buffer })
      await expect(page.getByText(say('app.add.added', { name: 'Hoshi Bank' }))).toBeVisible()
    })

    await test.step('and so does typing', async () => {
      await page.goto(`${demo.at.app}/#add`)
      await page.getByRole('link', { name: say('app.scan.manual') }).click()
      await page.getByLabel(say('app.manual.issuer')).fill('Kumo Mail')
      await page.getByLabel(say('app.manual.secret')).fill('GEZD GNBV GY3T QOJQ')
      await page.getByRole('button', { name: say('app.add'), exact: true }).click()
      await expect(page.getByText(say('app.add.added', { name: 'Kumo Mail' }))).toBeVisible()
      await expect(page.locator('.tile-code .vh')).toHaveText(/\d/)
    })
  })
})

test.describe('a setup code', () => {
  test('names what is mistyped, and works once, as long as its page waits', async ({ computer, demo, phone, say }) => {
    const { page } = phone
    const alert = page.getByRole('alert')
    const next = page.getByRole('button', { name: say('app.pair.code.next') })
    const add = page.getByRole('button', { name: say('app.pair.confirm.yes') })
    const field = page.getByLabel(say('app.pair.code.label'))
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    const first = await showCode(computer, say)

    await test.step('the group that cannot be is named', async () => {
      await page.goto(`${demo.at.app}/#add/manual`)
      await page.getByRole('link', { name: say('app.pair.ways.title') }).click()
      await expect(page.getByLabel(say('app.pair.code.server'))).toHaveValue(demo.at.id)
      await field.fill(first.slice(0, 6) + 'U' + first.slice(7))
      await next.click()
      await expect(alert.first()).toContainText(say('app.pair.code.group', { group: 2 }))
      await field.fill(first.slice(0, -1) + (first.endsWith('7') ? '8' : '7'))
      await next.click()
      await expect(alert.first()).toContainText(say('app.pair.code.mistyped'))
    })

    await test.step('an offer that was cancelled meanwhile adds nothing', async () => {
      await field.fill(first.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'))
      await next.click()
      await expect(page.locator('.host-card')).toContainText(new URL(demo.at.id).host)
      await computer.getByRole('button', { name: say('security.back') }).click()
      await expect(computer.getByRole('button', { name: say('security.start.go') })).toBeVisible()
      await add.click()
      await expect(alert).toContainText(say('app.pair.expired.title'))
    })

    const second = await showCode(computer, say)
    await test.step('the next one is taken', async () => {
      await page.getByRole('button', { name: say('app.pair.failed.type') }).click()
      await field.fill(second)
      await next.click()
      await add.click()
      await computer.getByRole('button', { name: say('security.taken.yes') }).click()
      await typeNumber(phone, say, await readNumber(computer))
      await page.getByRole('button', { name: say('app.pair.ready.done') }).click()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
    })

    await test.step('and then it is used', async () => {
      await page.goto(`${demo.at.app}/#pair/code`)
      await expect(page.getByLabel(say('app.pair.code.server'))).toHaveValue(demo.at.id)
      await field.fill(second)
      await next.click()
      await add.click()
      await expect(alert).toContainText(say('app.pair.used.title'))
    })
  })
})

test.describe('between ask and decide', () => {
  test.use({ language: 'ja' })
  test('the phone loses its network, and the server is killed: the answer still counts', async ({ computer, demo, phone, say }) => {
    await firstLook(phone, computer, demo, say)
    const yes = phone.page.getByRole('button', { name: say('app.approve.yes'), exact: true })

    await test.step('offline', async () => {
      const number = await askAgain(computer, demo, say)
      await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
      await phone.context.setOffline(true)
      await typeNumber(phone, say, number)
      await expect(phone.page.getByRole('alert')).toContainText(say('app.approve.trouble.offline'))
      await phone.context.setOffline(false)
      await yes.click()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
      await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    })

    await test.step('kill -9', async () => {
      const number = await askAgain(computer, demo, say)
      await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
      await demo.kill()
      await typeNumber(phone, say, number)
      await expect(phone.page.getByRole('alert')).toContainText(say('app.approve.trouble.unreachable'))
      await demo.again()
      await yes.click()
      await expect(phone.page.getByText(say('app.approve.approved.title'))).toBeVisible()
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
    })
  })
})

test.describe('a phone whose clock is six minutes fast', () => {
  test('pairs, approves, makes codes that sign in, and says so', async ({ computer, demo, phone, say }) => {
    await phone.context.addInitScript(() => {
      const fast = 6 * 60_000
      const Right = Date
      globalThis.Date = class extends Right {
        constructor(...given: []) {
          super(...((given.length > 0 ? given : [Right.now() + fast]) as []))
        }
        static override now() {
          return Right.now() + fast
        }
      } as DateConstructor
    })
    await firstLook(phone, computer, demo, say)
    await typeNumber(phone, say, await askAgain(computer, demo, say))
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    await expect(phone.page.getByText(say('app.list.clock.fast.minutes', { n: 6 }))).toBeVisible()

    await askAgain(computer, demo, say)
    await phone.page.getByRole('button', { name: say('app.approve.close') }).click()
    await computer.getByRole('link', { name: say('signin.ways.link') }).click()
    await computer.getByRole('link', { name: say('signin.code.name') }).click()
    await giveCode(computer, say, await readCode(phone))
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
  })
})

/** Has the pairing page show its setup code. */
async function showCode(page: Page, say: Say): Promise<string> {
  await page.getByRole('button', { name: say('security.start.go') }).click()
  await page.getByText(say('security.pair.type')).click()
  return page.locator('.setup-code').innerText()
}

/** Signs in anew as a browser that nobody knows, up to the number. */
async function askAgain(page: Page, demo: Demo, say: Say): Promise<string> {
  await page.context().clearCookies()
  await page.goto(`${demo.at.id}/signin?to=/security`)
  await giveNameAndPassword(page, demo, say)
  return readNumber(page)
}
