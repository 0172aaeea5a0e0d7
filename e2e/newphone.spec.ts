// An account came back by its name on a new phone, and the old one is still there:
// it says yes, by the six digits that the new one shows and behind its app lock.
import type { Page } from '@playwright/test'
import { Eye } from './eye.ts'
import { expect, test } from './fixtures.ts'
import { withAccounts } from './keeping.ts'
import { App, Owner } from './locking.ts'
import { firstLook, giveNameAndPassword, readNumber, typeNumber } from './steps.ts'

const nina = 'nina@komorebi.example'
const pin = '314159'

/** What a backup keeps of an account of a sign-in service: its names. */
type Names = { issuer: string; host: string; directory: object; subject: string }

/** Has the next pairing told what a backup would keep of it. */
function namesOf(page: Page, issuer: string): Promise<Names> {
  return page.waitForResponse((answer) => answer.url() === `${issuer}/device/pair` && answer.status() === 201).then(async (answer) => {
    const told = (await answer.json()) as { directory: object; person: { subject: string } }
    return { issuer, host: new URL(issuer).host, directory: told.directory, subject: told.person.subject }
  })
}

test.describe('a new phone', () => {
  test.use({ language: 'ja' })
  test('N6: the old phone says yes to it, by six digits and its app lock', async ({ computer, demo, language, newPhone, phone: old, say }, info) => {
    const eye = new Eye(language, info)
    const named = namesOf(old.page, demo.at.id)
    await firstLook(old, computer, demo, say, nina)
    await Owner.of(old.page)
    await new App(old.page, demo, say).turnOn(pin)
    const approve = async (number: string) => {
      await typeNumber(old, say, number)
      await old.page.getByLabel(say('lock.pin'), { exact: true }).fill(pin)
      await old.page.getByRole('button', { name: say('lock.unlock'), exact: true }).click()
      await old.page.getByRole('button', { name: say('app.approve.done') }).click()
    }
    await computer.getByRole('link', { name: say('security.app.change', { name: say('app.pair.device.android') }) }).click()
    await computer.getByRole('link', { name: say('security.alone.switch') }).click()
    await computer.getByRole('button', { name: say('security.unlock.go') }).click()
    await approve(await readNumber(computer))

    const { page } = await newPhone()
    const server = { ...(await named), registration: '', code: { secret: '', algorithm: 'SHA1', digits: 6, period: 30 }, state: 'elsewhere', numberDigits: 2 }
    const account = { kind: 'personal', issuer: 'Komorebi', name: nina, secret: '', server }
    await withAccounts(page, demo, [{ issuer: 'Gitlane', name: 'nina' }, account])
    await page.locator('.account', { hasText: 'Komorebi' }).locator('.open').click()
    await page.getByRole('button', { name: say('recover.restore.here') }).click()
    const opened = page.waitForEvent('popup')
    await page.getByRole('link', { name: say('recover.ask.go', { host: new URL(demo.at.id).host }) }).click()
    const restore = await opened

    await test.step('the page of the new phone shows six digits, the old phone asks for them', async () => {
      await giveNameAndPassword(restore, demo, say, nina)
      await restore.getByRole('link', { name: say('signin.ways.link') }).click()
      await restore.getByRole('button', { name: say('signin.newphone.title') }).click()
      const number = await readNumber(restore)
      expect(number).toHaveLength(6)
      await eye.see(restore, 'newphone-number', say('signin.newphone.title'))
      await eye.see(old.page, 'newphone-sheet', say('app.approve.phone.title'))
      await approve(number)
    })
    await test.step('the new one is set up, tried, and makes codes of its own', async () => {
      await restore.getByRole('button', { name: say('restore.go.go') }).click()
      await restore.getByRole('button', { name: say('restore.took.go') }).or(restore.locator('.number-plate')).first().waitFor()
      await typeNumber({ page }, say, await readNumber(restore))
      await expect(page.getByText(say('app.pair.ready.title'))).toBeVisible()
    })
  })
})
