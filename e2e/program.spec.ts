// The app as a program: it can be installed, starts without a network, is
// renewed when the person says so, and leaves nothing behind.
import { expect, test } from './fixtures.ts'
import { newer, Release } from './release.ts'
import { codeHeard, firstLook, giveNameAndPassword, loseNetwork, readNumber, typeNumber } from './steps.ts'

test.describe('the app', () => {
  test.use({ language: 'ja' })
  test('is installed, starts offline, is renewed between two requests, and goes without a trace', async ({ computer, demo, phone, say }) => {
    const release = await Release.of(demo)
    const { page } = phone
    const code = page.locator('.account .copy')
    const line = page.getByText(say('app.update.arrived'))
    await firstLook(phone, computer, { at: { ...demo.at, app: release.origin } }, say)

    await test.step('it can be installed, in the language of the phone', async () => {
      const cdp = await phone.context.newCDPSession(page)
      const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors')
      expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([])
      const { data, errors, url } = await cdp.send('Page.getAppManifest')
      expect(errors).toEqual([])
      expect(url).toBe(`${release.origin}/manifest.ja.webmanifest`)
      expect(JSON.parse(data ?? '')).toMatchObject({ id: '/', lang: 'ja', display: 'standalone', launch_handler: { client_mode: 'focus-existing' } })
    })

    await test.step('without a network it shows its codes', async () => {
      await loseNetwork(phone)
      await expect(page.getByText(say('app.list.offline'))).toBeVisible()
      await page.goto(`${release.origin}/?from=home`)
      await expect(code).toHaveAccessibleName(codeHeard)
      await phone.context.setOffline(false)
    })

    await test.step('a new version waits as long as a request is open', async () => {
      await computer.context().clearCookies()
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(computer, demo, say)
      await expect(page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
      release.publish()
      await page.evaluate(async () => (await navigator.serviceWorker.getRegistration('/'))?.update())
      await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration('/'))?.waiting !== null)
      await expect(line).toHaveCount(0)
      await typeNumber(phone, say, await readNumber(computer))
      await page.getByRole('button', { name: say('app.approve.done') }).click()
      await expect(line).toBeVisible()
    })

    await test.step('taken, it runs with the same accounts', async () => {
      await page.getByRole('button', { name: say('app.update.reload') }).click()
      await expect(page.locator('meta[name=version]')).toHaveAttribute('content', newer)
      await expect(code).toHaveAccessibleName(codeHeard)
      await expect(line).toHaveCount(0)
      await page.goto(`${release.origin}/#menu`)
      await expect(page.getByText(newer.split('+')[0] ?? '')).toBeVisible()
    })

    await test.step('everything is removed only after the word, here and at the server', async () => {
      await page.getByRole('link', { name: say('app.erase') }).click()
      await page.getByRole('textbox').fill(say('app.cancel'))
      await page.getByRole('button', { name: say('app.erase.yes') }).click()
      await expect(page.getByText(say('app.erase.wrong', { word: say('app.erase.word') }))).toBeVisible()
      await page.getByRole('textbox').fill(say('app.erase.word'))
      await page.getByRole('button', { name: say('app.erase.yes') }).click()
      await expect(page.getByRole('heading', { name: say('app.welcome.title') })).toBeVisible()
      await computer.goto(`${demo.at.id}/security`)
      const device = say('app.pair.device.android')
      await expect(computer.getByText(say('security.activity.app_removed', { device }))).toBeVisible()
      await expect(computer.getByText(say('security.app.name', { name: device }))).toHaveCount(0)
    })
    await release.close()
  })
})
