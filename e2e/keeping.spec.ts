// What people do with an account: add, change, look back, remove and bring back,
// take to another phone – in several tabs, and without a network.
import { expect, test, type Language } from './fixtures.ts'
import { Eye } from './eye.ts'
import { five, idAt, standing, withAccounts } from './keeping.ts'
import { readQR } from './qr.ts'

for (const language of ['en', 'ja'] satisfies Language[]) {
  test.describe(language, () => {
    test.use({ language, colorScheme: language === 'en' ? 'light' : 'dark' })

    test('an account is added, changed, and is as it was', async ({ computer: page, demo, say }, info) => {
      const eye = new Eye(language, info)
      await page.setViewportSize({ width: 390, height: 844 })
      const button = (key: string) => page.getByRole('button', { name: say(key), exact: true })
      await page.goto(`${demo.at.app}/#add/manual`)
      await page.getByLabel(say('app.manual.issuer')).fill('Gitlane')
      await page.getByLabel(say('app.manual.secret'), { exact: true }).fill('GEZDGNBVGY3TQOJQ')
      await button('app.add').click()
      await expect(page.getByRole('heading', { name: 'Gitlane', exact: true })).toBeVisible()

      await button('app.account.more').click()
      await button('app.account.edit').click()
      await page.getByLabel(say('app.manual.issuer')).fill('')
      await page.getByLabel(say('app.manual.name')).fill('')
      await button('app.save').click()
      await expect(page.getByText(say('app.manual.issuer.empty'))).toBeVisible()
      await page.getByLabel(say('app.manual.issuer')).fill('Gitlane Works')
      await page.getByLabel(say('app.account.tags'), { exact: true }).fill('code、 team')
      await page.getByLabel(say('app.account.letters')).fill('GW')
      await button('app.tint.plum').click()
      await eye.see(page, 'a03-edit')
      await button('app.save').click()
      await expect(page.getByText(say('app.account.edited', { name: 'Gitlane Works' }))).toBeVisible()
      await expect(page.locator('.tile.plum .mark')).toHaveText('GW')
      await expect(page.getByText('code, team')).toBeVisible()

      await button('app.account.more').click()
      await button('app.account.history').click()
      await expect(page.getByText(say('app.history.names', { before: 'Gitlane', after: 'Gitlane Works' }))).toBeVisible()
      await eye.see(page, 'a03-history')
      await page.getByRole('button', { name: say('app.history.back') }).click()
      await expect(page.getByRole('heading', { name: 'Gitlane', exact: true })).toBeVisible()
      await button('app.undo').click()
      await expect(page.getByRole('heading', { name: 'Gitlane Works', exact: true })).toBeVisible()
    })

    test('what is removed is in the trash, comes back, and goes for ever', async ({ computer: page, demo, say }, info) => {
      const eye = new Eye(language, info)
      await page.setViewportSize({ width: 390, height: 844 })
      await withAccounts(page, demo, five)
      const button = (key: string) => page.getByRole('button', { name: say(key), exact: true })
      const remove = async () => {
        await page.locator('.account').filter({ hasText: 'Gitlane' }).getByRole('link').click()
        await button('app.account.more').click()
        await button('app.account.remove').click()
        await button('app.remove.yes').click()
        await expect(page.getByText(say('app.removed', { name: 'Gitlane' }))).toBeVisible()
        await expect(standing(page)).toHaveCount(4)
      }
      await remove()
      await button('app.undo').click()
      await expect(standing(page)).toHaveCount(5)
      await remove()
      await page.goto(`${demo.at.app}/#menu`)
      await page.getByRole('link', { name: say('app.trash.title') }).click()
      await eye.see(page, 'trash', 'Gitlane')
      await page.getByRole('button', { name: say('app.trash.restore') }).click()
      await expect(page.getByText(say('app.trash.empty'))).toBeVisible()
      await page.goto(`${demo.at.app}/#`)
      await expect(standing(page)).toHaveCount(5)
      await remove()
      await page.goto(`${demo.at.app}/#trash`)
      await page.getByRole('button', { name: say('app.trash.purge') }).click()
      await expect(page.getByText(say('app.trash.purge.text'))).toBeVisible()
      await button('app.trash.purge').click()
      await expect(page.getByText(say('app.trash.empty'))).toBeVisible()
    })

    test('an account goes to another phone as a QR code, after a warning', async ({ computer: page, demo, say }, info) => {
      const eye = new Eye(language, info)
      await withAccounts(page, demo, five)
      await page.goto(`${demo.at.app}/#account/${idAt(1)}`)
      await page.getByRole('button', { name: say('app.account.more') }).click()
      await page.getByRole('button', { name: say('app.account.qr') }).click()
      await eye.see(page, 'a03-qr-warning', say('app.qr.warning'))
      await page.getByRole('button', { name: say('app.qr.show'), exact: true }).click()
      const picture = page.getByRole('img', { name: say('app.qr.label', { name: 'Gitlane' }) })
      await expect(picture).toBeVisible()
      await eye.see(page, 'a03-qr')
      const file = info.outputPath('qr.png')
      await picture.screenshot({ path: file })
      expect(await readQR(file)).toMatch(/^otpauth:\/\/totp\/Gitlane:mei\?.*secret=[A-Z2-7]{32}/)
      await page.getByRole('button', { name: say('app.qr.hide') }).click()
      await expect(picture).toHaveCount(0)
    })
  })
}

test('several tabs agree, and one never takes back what another did', async ({ computer: page, demo, say }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await withAccounts(page, demo, five)
  const other = await page.context().newPage()
  await other.setViewportSize({ width: 390, height: 844 })
  await other.goto(demo.at.app)
  const move = async (tab: typeof page, name: string) => {
    await tab.getByRole('button', { name: say('app.list.copy', { name }) }).focus()
    await tab.keyboard.press('Alt+ArrowUp')
    await expect(tab.getByText(say('app.account.moved', { name }))).toBeVisible()
  }
  await move(page, 'Gitlane')
  await expect(standing(other)).toHaveText(['Gitlane', 'Kumo Mail', 'Hinata Bank', 'Tsubame Pay', 'Rail Points'])
  await move(other, 'Tsubame Pay')
  const both = ['Gitlane', 'Kumo Mail', 'Tsubame Pay', 'Hinata Bank', 'Rail Points']
  await expect(standing(page)).toHaveText(both)
  await page.getByRole('button', { name: say('app.undo') }).click()
  await expect(page.getByText(say('app.deed.nothing'))).toBeVisible()
  await expect(standing(other)).toHaveText(both)
  await page.locator('.account').filter({ hasText: 'Rail Points' }).getByRole('link').click()
  await page.getByRole('button', { name: say('app.account.more') }).click()
  await page.getByRole('button', { name: say('app.account.pin') }).click()
  await expect(page.getByText(say('app.account.pinned', { name: 'Rail Points' }))).toBeVisible()
  await expect(standing(other)).toHaveText(['Rail Points', ...both.slice(0, 4)])
  await expect(other.locator('.account').first()).toContainText(say('app.list.pinned'))
})

test('without a network accounts are changed and brought back all the same', async ({ computer: page, demo, say }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await withAccounts(page, demo, five)
  await test.step('a tab that the browser may clear says so, once', async () => {
    await expect(page.getByText(say('app.loose.title'))).toBeVisible()
    await page.getByRole('button', { name: say('app.loose.later') }).click()
  })
  const keptCore = async () => {
    const kept = await page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))).flat().map(({ url }) => url))
    return kept.some((url) => /core\.gen.*\.wasm$/.test(url))
  }
  await expect.poll(keptCore).toBe(true)
  await page.context().setOffline(true)
  await page.reload()
  await expect(page.getByText(say('app.list.offline'))).toBeVisible()
  await expect(page.getByText(say('app.loose.title'))).toHaveCount(0)
  await expect(async () => {
    await page.getByRole('button', { name: say('app.list.copy', { name: 'Gitlane' }) }).focus() // the list may be drawn anew as the app takes over
    await page.keyboard.press('Alt+ArrowUp')
    await expect(standing(page).first()).toHaveText('Gitlane', { timeout: 5_000 })
  }).toPass()
  await page.getByRole('button', { name: say('app.undo') }).click()
  await expect(standing(page).first()).toHaveText('Kumo Mail')
})
