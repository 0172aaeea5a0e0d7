// Passkeys and security keys, with the authenticator that Chromium plays.
import type { Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { firstLook, giveName, givePassword, mailedCode, mei } from './steps.ts'
import { Authenticator } from './passkeys.ts'
import type { Say } from './words.ts'

const haru = 'haru@komorebi.example'
const looks: { language: Language; colorScheme: 'light' | 'dark'; kind: 'passkey' | 'key' }[] = [
  { language: 'en', colorScheme: 'light', kind: 'passkey' },
  { language: 'ja', colorScheme: 'dark', kind: 'key' },
]

for (const { kind, ...look } of looks) {
  test.describe(`${look.language}, ${kind}`, () => {
    test.use(look)
    test.describe.configure({ timeout: 240_000 })

    test('is added, signs in without a name, is found out when copied, and removed', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await computer.emulateMedia({ reducedMotion: 'reduce' })
      await firstLook(phone, computer, demo, say)
      const key = await Authenticator.in(computer, kind === 'key' ? 'usb' : 'internal')
      const name = 'Blue one'

      await test.step('added and tried', async () => {
        await computer.getByRole('link', { name: say('security.add.title') }).click()
        await eye.see(computer, 'c2-add', say('security.add.passkey.text'))
        await computer.getByRole('button', { name: kind === 'key' ? say('security.add.key.text') : say('security.add.passkey.text') }).click()
        await eye.see(computer, 'c2-create', say('security.passkey.phishing'))
        await computer.getByLabel(say('security.method.name')).fill(name)
        await computer.getByRole('button', { name: say('security.passkey.go') }).click()
        await eye.see(computer, 'c2-try', say('security.passkey.try.text', { name }))
        await computer.getByRole('button', { name: say('security.passkey.try.go') }).click()
        await eye.see(computer, 'c1-passkey-added', say('security.passkey.added'))
        await computer.goto(`${demo.at.id}/security`)
        await eye.see(computer, 'c1-overview', say('security.first.badge'))
        expect(await key.count()).toBe(1)
      })

      await test.step('the same one is not added twice', async () => {
        await computer.goto(`${demo.at.id}/security/add`)
        await computer.getByRole('button', { name: kind === 'key' ? say('security.add.key.text') : say('security.add.passkey.text') }).click()
        await computer.getByRole('button', { name: say('security.passkey.go') }).click()
        await expect(computer.getByRole('alert').filter({ visible: true })).toContainText(say('security.passkey.held'))
        await computer.getByRole('button', { name: say('security.back') }).click()
      })

      await test.step('without a name', async () => {
        await key.present(false)
        await signedOut(computer, demo)
        await eye.see(computer, 'b1-name', say('signin.passkey.use'))
        await key.present(true)
        await usePasskey(computer, say)
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
      })

      await test.step('after name and password, first in the ranking', async () => {
        await key.present(false)
        await signedOut(computer, demo)
        await giveName(computer, say)
        await eye.see(computer, 'b2-password', say('signin.passkey.use'))
        await givePassword(computer, demo, say)
        await eye.see(computer, 'b4-passkey', say('signin.passkey.title'))
        await computer.getByRole('link', { name: say('signin.ways.link') }).click()
        await eye.see(computer, 'b4-ways', say('signin.ways.passkey'))
        await expect(computer.getByText(say('signin.ways.approval'))).toHaveCount(0) // a browser not known
        await computer.getByRole('link', { name: say('signin.ways.passkey') }).click()
        await key.present(true)
        await usePasskey(computer, say)
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
      })

      await test.step('to change methods, only the strongest will do', async () => {
        await computer.goto(`${demo.at.id}/signin?to=/security&again=1`)
        await eye.see(computer, 'b4-again', say('signin.passkey.only'))
        await usePasskey(computer, say)
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
      })

      await test.step('copied', async () => {
        await key.copiedEarlier()
        await key.present(false)
        await signedOut(computer, demo)
        await giveName(computer, say)
        await key.present(true)
        await usePasskey(computer, say)
        await eye.see(computer, 'b4-copied', say('signin.passkey.copied'))
        await computer.getByRole('link', { name: say('signin.passkey.password') }).click()
        await givePassword(computer, demo, say)
        await expect(computer.getByRole('heading', { name: say('signin.number.title') })).toBeVisible()
        await computer.goto(demo.at.inbox)
        await expect(computer.locator('.letters')).toContainText(say('mail.passkey_copied.subject'))
      })
    })

    test('one that was removed opens nothing', async ({ computer, demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      await computer.emulateMedia({ reducedMotion: 'reduce' })
      await firstLook(phone, computer, demo, say)
      const key = await Authenticator.in(computer)
      await computer.goto(`${demo.at.id}/security/add`)
      await computer.getByRole('button', { name: say('security.add.passkey.text') }).click()
      await computer.getByLabel(say('security.method.name')).fill('ThinkPad')
      await computer.getByRole('button', { name: say('security.passkey.go') }).click()
      await computer.getByRole('button', { name: say('security.passkey.try.go') }).click()
      await computer.getByRole('link', { name: say('security.remove.link') }).click()
      await eye.see(computer, 'c1-passkey-remove', say('security.passkey.remove.warn'))
      await computer.getByRole('button', { name: say('security.remove.go') }).click()
      await expect(computer.getByText(say('security.activity.app_removed', { device: 'ThinkPad' })).first()).toBeVisible()
      await key.present(false)
      await signedOut(computer, demo)
      await giveName(computer, say, mei.login)
      await key.present(true)
      await usePasskey(computer, say)
      await eye.see(computer, 'b4-removed', say('signin.passkey.wrong'))
    })
  })
}

test.describe('at home', () => {
  test.use({ language: 'ja', colorScheme: 'dark' })

  test('choosing a passkey is enough where the name is typed; who loses it is not asked for it for ever', async ({ computer, demo, language, phone, say }, info) => {
    const eye = new Eye(language, info)
    await firstLook(phone, computer, demo, say, haru)
    const key = await Authenticator.in(computer)
    await computer.goto(`${demo.at.id}/security/add`)
    await computer.getByRole('button', { name: say('security.add.passkey.text') }).click()
    await computer.getByRole('button', { name: say('security.passkey.go') }).click()
    await computer.getByRole('button', { name: say('security.passkey.try.go') }).click()
    await expect(computer.getByText(say('security.passkey.added'))).toBeVisible()
    await key.present(true)
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await expect(computer).toHaveURL(`${demo.at.id}/security`) // Chromium's authenticator chooses at once

    await computer.goto(`${demo.at.id}/security/recovery`)
    await computer.getByRole('button', { name: say('security.recovery.go') }).click()
    const paper = await computer.locator('.codes li').first().innerText()
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin/forgot`)
    await computer.getByLabel(say('signin.name.label')).fill(haru)
    await computer.getByRole('button', { name: say('signin.name.next') }).click()
    await computer.getByRole('region', { name: say('signin.forgot.mail') }).getByRole('button').click()
    const mailed = await mailedCode(computer, demo, haru)
    await computer.goto(`${demo.at.id}/signin/forgot/proofs`)
    await computer.getByLabel(say('security.bycode.label')).fill(mailed)
    await computer.getByRole('button', { name: say('security.email.code.go') }).click()
    await computer.getByLabel(say('signin.forgot.recovery.label')).fill(paper)
    await computer.getByRole('button', { name: say('signin.forgot.recovery.go') }).click()
    await computer.getByLabel(say('signin.forgot.lost'), { exact: true }).check()
    await computer.getByLabel(say('setup.password.label'), { exact: true }).fill('three words of mine')
    await computer.setViewportSize({ width: 390, height: 844 })
    await eye.see(computer, 'b8-lost', say('signin.forgot.lost.hint'))
    await computer.getByRole('button', { name: say('setup.password.go') }).click()
    await eye.see(computer, 'b8-lost-waits', say('signin.forgotten.waits'))
  })
})

test('without scripts a passkey is not offered, and the password is', async ({ browser, demo, say }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' })
  const page = await context.newPage()
  await page.goto(`${demo.at.id}/signin?to=/security`)
  await expect(page.getByRole('button', { name: say('signin.passkey.use') })).toHaveCount(0)
  await giveName(page, say)
  await expect(page.getByLabel(say('signin.password.name'), { exact: true })).toBeVisible()
  await context.close()
})

/** Comes back as somebody that this browser does not know. */
async function signedOut(page: Page, demo: Demo): Promise<void> {
  await page.context().clearCookies()
  await page.goto(`${demo.at.id}/signin?to=/security`)
}

async function usePasskey(page: Page, say: Say): Promise<void> {
  await page.getByRole('button', { name: say('signin.passkey.use') }).click()
}
