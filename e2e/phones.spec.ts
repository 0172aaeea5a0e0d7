// What a phone does beside approving: codes without a network, a second phone,
// being removed.
import type { Page } from '@playwright/test'
import { expect, test, type Phone } from './fixtures.ts'
import { firstLook, giveCode, giveNameAndPassword, loseNetwork, pair, readCode, scan } from './steps.ts'

test.describe('a phone without a network', () => {
  test.use({ language: 'ja' })
  test('still shows the codes that sign in, each once', async ({ demo, computer, phone, say }) => {
    await firstLook(phone, computer, demo, say)
    await loseNetwork(phone)
    await phone.page.reload() // from the service worker's cache
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    await computer.getByRole('link', { name: say('signin.ways.link') }).click()
    await computer.getByRole('link', { name: say('signin.code.name') }).click()
    const code = await readCode(phone)
    await giveCode(computer, say, code)
    await expect(computer).toHaveURL(`${demo.at.id}/security`)

    await test.step('T4: the same code is not taken again', async () => {
      await computer.context().clearCookies()
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(computer, demo, say)
      await computer.getByRole('link', { name: say('signin.ways.link') }).click()
      await computer.getByRole('link', { name: say('signin.code.name') }).click()
      await giveCode(computer, say, code)
      await expect(computer.getByText(say('signin.code.used'))).toBeVisible()
    })
  })
})

test.describe('two phones', () => {
  test('the last one cannot be removed, one of two can, and that one is told', async ({ browser, demo, computer, phone, newPhone, say }) => {
    await firstLook(phone, computer, demo, say)
    let second: Phone | undefined
    const change = computer.getByRole('link', { name: say('security.app.change', { name: say('app.pair.device.android') }) })

    await test.step('the last one stays', async () => {
      await change.click()
      await expect(computer.getByText(say('security.remove.last'))).toBeVisible()
      await computer.getByRole('link', { name: say('security.remove.addfirst') }).click()
    })

    await test.step('a second one joins', async () => {
      await computer.getByRole('button', { name: say('security.add.app') }).click()
      await expect(computer.locator('.qr svg')).toBeVisible()
      second = await newPhone()
      await pair(second, computer, demo, say)
      await computer.getByRole('link', { name: say('security.done.back') }).click()
    })

    await test.step('one of them is removed while both are asked, and says so', async () => {
      const elsewhere = await browser.newContext({ locale: 'en-GB' })
      const stranger = await elsewhere.newPage()
      await stranger.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(stranger, demo, say)
      const pages = [phone, second].flatMap((one) => one?.page ?? [])
      for (const page of pages) await expect(page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
      await change.last().click()
      await computer.getByRole('link', { name: say('security.remove.link') }).click()
      await computer.getByRole('button', { name: say('security.remove.go') }).click()
      await expect(computer).toHaveURL(new RegExp('/security'))
      const removed = (page: Page) => page.getByText(say('app.approve.removed.title'))
      await expect.poll(async () => (await Promise.all(pages.map((page) => removed(page).count()))).toSorted()).toEqual([0, 1])
      const [gone = phone.page] = (await removed(phone.page).count()) ? pages : pages.toReversed()
      await gone.getByRole('button', { name: say('app.approve.done') }).click()
      await expect(gone.locator('.account').first()).toContainText(say('app.list.removed'))
      await elsewhere.close()
    })
  })

  test('an offer that one phone took is refused to another, and no to "is it yours" ends it', async ({ demo, computer, phone, newPhone, say }) => {
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    await computer.getByRole('button', { name: say('security.start.go') }).click()
    await phone.seesScreen(computer.locator('.qr'))
    const thief = await newPhone()
    await scan(thief, computer, demo, say)
    await expect(computer.getByRole('button', { name: say('security.taken.no') })).toBeVisible()

    await phone.page.goto(`${demo.at.app}/#add`)
    await phone.page.getByRole('button', { name: say('app.pair.confirm.yes') }).click()
    await expect(phone.page.getByRole('alert')).toContainText(say('app.pair.used.title'))

    await computer.getByRole('button', { name: say('security.taken.no') }).click()
    await expect(computer.getByText(say('security.refused.text'))).toBeVisible()
    await expect(thief.page.getByRole('alert')).toContainText(say('app.pair.declined.title'))
  })
})
