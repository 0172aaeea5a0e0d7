// The sealed backup as a person lives with it: switched on, checked up, kept in
// step, signed out and mended, and an account brought back from an earlier version.
import { Eye } from './eye.ts'
import { expect, test } from './fixtures.ts'
import { five, standing, withAccounts } from './keeping.ts'
import { firstLook, giveName, givePassword, readNumber, typeNumber } from './steps.ts'

const haru = 'haru@komorebi.example'

test.describe('backup', () => {
  test.use({ language: 'ja' })

  test('is switched on, kept in step, mended after a sign-out, and brings an account back', async ({ computer, demo, phone, say }, info) => {
    const eye = new Eye('ja', info)
    const { page } = phone
    const button = (key: string) => page.getByRole('button', { name: say(key), exact: true })
    const open = (hash: string) => page.goto(`${demo.at.app}/#${hash}`)
    const stored = page.locator('.group .line')
    let groups: string[] = []

    /** Signs in on the phone; another of its tabs approves. A browser that is known is asked for a passkey first. */
    const signIn = async (known = false) => {
      const app = await phone.context.newPage()
      await app.goto(demo.at.app)
      await page.bringToFront()
      if (!known) {
        await eye.see(page, 'b1-username-backup', say('signin.personal.why'))
        await giveName(page, say)
        await expect(page.getByText(say('signin.personal.wrong'))).toBeVisible()
      }
      await giveName(page, say, haru)
      if (known) await page.getByRole('link', { name: say('signin.passkey.password') }).click()
      await givePassword(page, demo, say)
      await typeNumber(phone.at(app), say, await readNumber(page))
      await expect(page).toHaveURL(`${demo.at.app}/#backup`)
      await app.close()
    }

    await test.step('it is explained, and a sign-in turns it on', async () => {
      await withAccounts(page, demo, five)
      await firstLook(phone, computer, demo, say, haru)
      await open('menu')
      await page.getByRole('link', { name: say('backup.menu') }).click()
      await button('backup.off.go').click()
      await signIn()
      await expect(page.getByText(say('backup.begin.title'))).toBeVisible()
    })
    await test.step('the recovery key is shown once, and confirmed from paper', async () => {
      await button('backup.begin.do').click()
      const lines = page.locator('.recovery-key .key span')
      await expect(lines).toHaveCount(2)
      groups = (await lines.allInnerTexts()).join('-').split('-')
      await eye.see(page, 'a06-backup-key')
      await button('backup.key.next').click()
      await page.getByLabel(say('backup.key.confirm.field')).fill(groups[1] ?? '')
      await button('backup.key.confirm.go').click()
      await expect(page.getByText(say('backup.key.confirm.wrong'))).toBeVisible()
      await page.getByLabel(say('backup.key.confirm.field')).fill((groups[2] ?? '').toLowerCase())
      await button('backup.key.confirm.go').click()
      await expect(page.getByText(say('backup.begin.done'))).toBeVisible()
      await eye.see(page, 'a06-backup')
    })
    await test.step('the check-up finds a key that was never tried, and trying it proves it', async () => {
      await page.getByRole('link', { name: say('backup.checkup.ready') }).click()
      await eye.see(page, 'a06-checkup', say('backup.checkup.key.untried'))
      await page.getByRole('link', { name: say('backup.checkup.key.try') }).click()
      await page.getByLabel(say('backup.ways.key')).fill(groups.join('-'))
      await eye.see(page, 'a06-checkup-key')
      await button('backup.checkup.key.go').click()
      await expect(page.getByRole('link', { name: say('backup.checkup.key.again') })).toBeVisible()
      await expect(page.getByText(say('backup.checkup.key.untried'))).toHaveCount(0)
    })
    await test.step('an account that is added is stored by itself', async () => {
      await open(`link?uri=${encodeURIComponent('otpauth://totp/Kawa%20Store:mei?secret=GEZDGNBVGY3TQOJQ&issuer=Kawa%20Store')}`)
      await button('app.add').click()
      await expect(button('app.account.more')).toBeVisible()
      await expect(async () => {
        await open('backup')
        await open('backup/versions')
        await expect(stored).toHaveCount(2, { timeout: 2_000 })
      }).toPass()
    })
    await test.step('signed out everywhere: the next change cannot be stored, and a dot says so', async () => {
      await computer.goto(`${demo.at.id}/security/sessions`)
      await computer.getByRole('button', { name: say('security.sessions.all') }).click()
      await open('')
      await page.locator('.account').filter({ hasText: 'Gitlane' }).getByRole('link').click()
      await button('app.account.more').click()
      await button('app.account.remove').click()
      await button('app.remove.yes').click()
      await expect(page.locator('.dock .red-dot')).toBeVisible()
      await open('menu')
      await expect(page.getByText(say('backup.row.needs_sign_in'))).toBeVisible()
      await eye.see(page, 'a08-menu-backup')
    })
    await test.step('one tap leads to the fix', async () => {
      await page.getByRole('link', { name: say('backup.menu') }).click()
      await eye.see(page, 'a09-backup-signin', say('backup.note.needs_sign_in.title'))
      await button('backup.note.needs_sign_in.do').click()
      await signIn(true)
      await expect(page.getByText(say('backup.again.done'))).toBeVisible()
      await open('menu')
      await expect(page.locator('.dock .red-dot')).toHaveCount(0)
    })
    await test.step('an earlier version brings back what was removed', async () => {
      await open('backup/versions')
      await eye.see(page, 'a06-backup-versions', say('backup.versions.newest'))
      await stored.last().getByRole('button').click()
      const preview = page.getByRole('dialog')
      await expect(preview.locator('section', { hasText: say('backup.versions.new') }).getByText('Gitlane')).toBeVisible()
      await eye.see(page, 'a06-backup-preview')
      await preview.getByRole('button', { name: say('backup.versions.back') }).click()
      await expect(page.getByText(say('backup.versions.done', { n: 1 }))).toBeVisible()
      await open('backup/ways')
      await expect(page.getByText(say('backup.ways.key'), { exact: true })).toBeVisible()
      await eye.see(page, 'a06-backup-ways', say('backup.ways.devices'))
      await open('')
      await expect(standing(page).filter({ hasText: 'Gitlane' })).toHaveCount(1)
    })
  })
})
