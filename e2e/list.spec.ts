// The list of accounts: found, grouped, hidden, put in another order – with the
// mouse, a finger and the keyboard – and fast enough with a thousand of them.
import type { Page } from '@playwright/test'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { five, standing, withAccounts } from './keeping.ts'
import { codeHeard } from './steps.ts'
import type { Say } from './words.ts'

const row = (page: Page, name: string) => page.locator('.account').filter({ hasText: name })
const codeOf = (page: Page, say: Say, name: string) => page.getByRole('button', { name: say('app.list.copy', { name }) })

for (const language of ['en', 'ja'] satisfies Language[]) {
  test.describe(language, () => {
    test.use({ language, colorScheme: language === 'en' ? 'light' : 'dark' })

    test('is searched as one types, and its tags are chips', async ({ computer: page, demo, say }, info) => {
      const eye = new Eye(language, info)
      await page.setViewportSize({ width: 390, height: 844 })
      await withAccounts(page, demo, [...five.map((one, i) => ({ ...one, ...(i === 2 && { tags: ['money'] }) })), { issuer: 'くもバンク', name: 'mei' }])
      await page.keyboard.press('/')
      for (const typed of ['ｸﾓﾊﾞﾝｸ', 'クモ', 'くもばん']) {
        await page.getByRole('searchbox').fill(typed)
        await expect(standing(page)).toHaveText(['くもバンク'])
      }
      await page.getByRole('searchbox').fill('ＧＩＴ mei')
      await expect(standing(page)).toHaveText(['Gitlane'])
      await page.keyboard.press('Escape')
      await expect(standing(page)).toHaveCount(6)
      await page.getByRole('button', { name: 'money 1' }).click()
      await expect(standing(page)).toHaveText(['Hinata Bank'])
      await page.getByRole('button', { name: `${say('app.list.all')} 6` }).click()
      await expect(standing(page)).toHaveCount(6)
      if (language === 'ja') await eye.see(page, 'a02-tags')
    })

    test('is put in another order with keys, mouse and finger', async ({ computer: page, demo, phone, say }) => {
      await page.setViewportSize({ width: 390, height: 1000 }) // no row so near to the edge that the list scrolls
      await withAccounts(page, demo, five)
      const names = five.map(({ issuer }) => issuer ?? '')

      await test.step('with the keyboard, and the focus goes with it', async () => {
        await codeOf(page, say, 'Kumo Mail').focus()
        await page.keyboard.press('Alt+ArrowDown')
        await expect(standing(page)).toHaveText(['Gitlane', 'Kumo Mail', ...names.slice(2)])
        await expect(page.getByText(say('app.account.moved', { name: 'Kumo Mail' }))).toBeVisible()
        await expect(codeOf(page, say, 'Kumo Mail')).toBeFocused()
        await page.keyboard.press('ArrowDown')
        await expect(codeOf(page, say, 'Hinata Bank')).toBeFocused()
        await page.getByRole('button', { name: say('app.undo') }).click()
        await expect(standing(page)).toHaveText(names)
      })

      await test.step('with the mouse, and it stays so', async () => {
        await drag(page, 'Kumo Mail', 'Tsubame Pay')
        await expect(standing(page)).toHaveText(['Gitlane', 'Hinata Bank', 'Tsubame Pay', 'Kumo Mail', 'Rail Points'])
        await expect(page.getByText(say('app.account.moved', { name: 'Kumo Mail' }))).toBeVisible()
        await page.reload()
        await expect(standing(page)).toHaveText(['Gitlane', 'Hinata Bank', 'Tsubame Pay', 'Kumo Mail', 'Rail Points'])
      })

      await test.step('with a finger that rests first', async () => {
        await withAccounts(phone.page, demo, five)
        await press(phone.page, 'Gitlane', 'Hinata Bank')
        await expect(standing(phone.page)).toHaveText(['Kumo Mail', 'Hinata Bank', 'Gitlane', ...names.slice(3)])
      })
    })

    test('hides codes until they are touched', async ({ computer: page, demo, say }, info) => {
      const eye = new Eye(language, info)
      await withAccounts(page, demo, five)
      await page.goto(`${demo.at.app}/#menu`)
      await page.getByRole('switch', { name: say('app.menu.hide') }).click()
      await page.goto(`${demo.at.app}/#`)
      await expect(page.locator('.account .code.veil')).toHaveCount(5)
      await expect(codeOf(page, say, 'Gitlane')).toHaveCount(0)
      if (language === 'ja') await eye.see(page, 'a02-hidden')
      await page.getByRole('button', { name: say('app.list.reveal', { name: 'Gitlane' }) }).click()
      await expect(codeOf(page, say, 'Gitlane')).toHaveAccessibleName(codeHeard)
      await expect(page.getByText(say('app.list.copied'))).toHaveCount(0)
      await page.reload()
      await expect(page.locator('.account .code.veil')).toHaveCount(5)
    })
  })
}

test('a thousand accounts are searched, scrolled, changed and added to on a slow phone', async ({ computer: page, demo, say }) => {
  await page.setViewportSize({ width: 390, height: 844 })
  await withAccounts(page, demo, Array.from({ length: 1000 }, (_, i) => ({ issuer: `Site ${i}`, tags: i % 2 ? ['odd'] : [] })))
  const slow = await page.context().newCDPSession(page)
  await slow.send('Emulation.setCPUThrottlingRate', { rate: 4 })
  expect(await page.locator('.account').count()).toBeLessThan(60)
  await page.getByRole('searchbox').pressSequentially('site 977')
  await expect(standing(page)).toHaveText(['Site 977'])
  await expect(codeOf(page, say, 'Site 977')).toHaveAccessibleName(codeHeard)
  await page.getByRole('searchbox').fill('')
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
  await expect(codeOf(page, say, 'Site 999')).toHaveAccessibleName(codeHeard)
  await expect(row(page, 'Site 999').last()).toHaveAttribute('aria-posinset', '1000')
  await test.step('and no row comes without its code, however fast the list is scrolled', async () => {
    const { seen, without } = await page.evaluate(rowsWhileScrolling)
    expect(seen).toBeGreaterThan(60)
    expect(without).toBe(0)
    await expect(codeOf(page, say, 'Site 999')).toHaveAccessibleName(codeHeard)
  })
  await test.step('and an account is changed and another added', async () => {
    const button = (key: string) => page.getByRole('button', { name: say(key), exact: true })
    await row(page, 'Site 999').last().getByRole('link').click()
    await button('app.account.more').click()
    await button('app.account.edit').click()
    await page.getByLabel(say('app.manual.issuer')).fill('Last of all')
    await button('app.save').click()
    await expect(page.getByRole('heading', { name: 'Last of all', exact: true })).toBeVisible()
    await expect(async () => { // the sheet may still be on its way back
      await page.goto(`${demo.at.app}/#add/manual`)
      await page.getByLabel(say('app.manual.issuer')).fill('Gitlane', { timeout: 3_000 })
    }).toPass()
    await page.getByLabel(say('app.manual.secret'), { exact: true }).fill('GEZDGNBVGY3TQOJQ')
    await button('app.add').click()
    await expect(page.locator('.tile-code .vh')).toHaveText(/\d/)
  })
})

/** Scrolls up, faster and faster, and down again at once; and counts the rows after each frame. */
async function rowsWhileScrolling(): Promise<{ seen: number; without: number }> {
  const counted = { seen: 0, without: 0 }
  for (let frame = 1; frame <= 60; frame++) {
    scrollBy(0, -20 * frame)
    await new Promise(requestAnimationFrame)
    counted.seen += document.querySelectorAll('.account').length
    counted.without += document.querySelectorAll('.account:not(:has([data-copy]))').length
  }
  scrollTo(0, document.body.scrollHeight)
  return counted
}

test('on a wide window the account stands beside the list', async ({ computer: page, demo, say }, info) => {
  const eye = new Eye('en', info)
  await page.setViewportSize({ width: 1280, height: 800 })
  await withAccounts(page, demo, five)
  await row(page, 'Gitlane').getByRole('link').click()
  const pane = page.getByRole('complementary', { name: say('app.account.title', { name: 'Gitlane' }) })
  await expect(pane.getByRole('heading', { name: 'Gitlane' })).toBeFocused()
  await expect(standing(page)).toHaveCount(5)
  await eye.see(page, 'a02-panes')
  await row(page, 'Hinata Bank').getByRole('link').click()
  await expect(page.getByRole('complementary')).toContainText('Hinata Bank')
  await page.getByRole('button', { name: say('app.account.shut') }).click()
  await expect(page.getByRole('complementary')).toHaveCount(0)
  await expect(row(page, 'Hinata Bank').getByRole('link')).toBeFocused()
})

/** Drags a row by its mark and drops it below another. */
async function drag(page: Page, name: string, below: string): Promise<void> {
  const [from, to] = [await row(page, name).locator('.mark').boundingBox(), await row(page, below).boundingBox()]
  if (!from || !to) throw new Error('not on the screen')
  await page.mouse.move(from.x + 9, from.y + 9)
  await page.mouse.down()
  await page.mouse.move(from.x + 9, from.y + 40, { steps: 3 })
  await page.mouse.move(to.x + 60, to.y + to.height - 12, { steps: 6 })
  await expect(page.locator('.lifted')).toBeVisible()
  await page.mouse.up()
  await expect(page.locator('.lifted')).toHaveCount(0)
}

/** The same with a finger: it rests until the row is lifted. */
async function press(page: Page, name: string, below: string): Promise<void> {
  const [from, to] = [await row(page, name).locator('.mark').boundingBox(), await row(page, below).boundingBox()]
  if (!from || !to) throw new Error('not on the screen')
  const client = await page.context().newCDPSession(page)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) =>
    client.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] })
  await touch('touchStart', from.x + 9, from.y + 9)
  await expect(page.locator('.lifted')).toBeVisible()
  for (const part of [0.3, 0.6, 0.9, 1]) await touch('touchMove', from.x + 9, from.y + (to.y + to.height - 12 - from.y) * part)
  await touch('touchEnd')
}
