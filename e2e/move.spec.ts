// Everything goes from an old phone to a new one, from screen to camera, and
// back again: nothing that is there already is touched.
import type { Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { digitsOn, watch } from './filming.ts'
import { expect, test, type Phone } from './fixtures.ts'
import type { Say } from './words.ts'

test('an old phone hands everything to a new one, and the new one back', async ({ demo, phone, newPhone, say, language }, info) => {
  const eye = new Eye(language, info)
  const other = await newPhone()
  await add(phone.page, demo, say, 'GitHub', 'GEZDGNBVGY3TQOJQ')
  await add(phone.page, demo, say, 'Kumo Mail', 'MFRGGZDFMZTWQ2LK')

  await test.step('the new phone shows whom to give to, the old one what to type', async () => {
    await invite(phone, other, demo, say)
    await other.page.getByLabel(say('move.new.digits')).fill('12345')
    await other.page.getByRole('button', { name: say('move.next') }).click()
    await expect(other.page.getByText(say('move.new.digits.wrong'))).toBeVisible()
    await eye.see(other.page, 'invite')
  })

  await test.step('other digits end it', async () => {
    const digits = await agree(phone, say)
    await eye.see(phone.page, 'digits')
    await answer(phone, other, say, String((Number(digits) + 1) % 1_000_000).padStart(6, '0'))
    await expect(phone.page.getByText(say('move.ended.digits'))).toBeVisible()
    await phone.page.getByRole('button', { name: say('move.again') }).click()
  })

  await test.step('the right ones begin it, and both count what arrived', async () => {
    await other.page.reload()
    await invite(phone, other, demo, say)
    await hand(phone, other, say)
    await expect(other.page.getByText(say('move.receipt', { arrived: 2, of: 2 }))).toBeVisible()
    await eye.see(other.page, 'arrived')
    await phone.seesScreen(other.page.locator('.moving svg'))
    await phone.page.getByRole('button', { name: say('move.old.receipt.go') }).click()
    await expect(phone.page.getByText(say('move.receipt', { arrived: 2, of: 2 }))).toBeVisible()
    await eye.see(phone.page, 'done')
    await other.page.getByRole('link', { name: say('move.new.done.go') }).click()
    await expect(other.page.locator('.account')).toHaveCount(2)
  })

  await test.step('back again: one more comes, the others stay', async () => {
    await add(other.page, demo, say, 'Bank', 'NRXW4ZZANNSXSIDP')
    await invite(other, phone, demo, say)
    await hand(other, phone, say)
    await expect(phone.page.getByText(say('move.receipt', { arrived: 3, of: 3 }))).toBeVisible()
    await phone.page.getByRole('link', { name: say('move.new.done.go') }).click()
    await expect(phone.page.locator('.account')).toHaveCount(3)
  })
})

async function add(page: Page, demo: Demo, say: Say, issuer: string, secret: string): Promise<void> {
  await page.goto(`${demo.at.app}/#link?uri=${encodeURIComponent(`otpauth://totp/mei?secret=${secret}&issuer=${encodeURIComponent(issuer)}`)}`)
  await page.getByRole('button', { name: say('app.add'), exact: true }).click()
  await expect(page.getByText(say('app.add.added', { name: issuer }))).toBeVisible()
}

/** Until the old phone asks whether everything is to be copied. */
async function invite(old: Phone, fresh: Phone, demo: Demo, say: Say): Promise<void> {
  await fresh.page.goto(`${demo.at.app}/#move/new`)
  await old.page.goto(`${demo.at.app}/#move`)
  const codes = fresh.page.getByRole('img', { name: say('move.new.invite.label') })
  await watch(old, codes, 13, say('move.old.find.go'), say('app.back'), old.page.getByRole('button', { name: say('move.old.confirm.yes') }))
}

/** The digits that the old phone shows then. */
async function agree(old: Phone, say: Say): Promise<string> {
  await old.page.getByRole('button', { name: say('move.old.confirm.yes') }).click()
  return digitsOn(old.page)
}

/** Types digits on the new phone, and shows its answer to the old one. */
async function answer(old: Phone, fresh: Phone, say: Say, digits: string): Promise<void> {
  await fresh.page.getByLabel(say('move.new.digits')).fill(digits)
  await fresh.page.getByRole('button', { name: say('move.next') }).click()
  await old.seesScreen(fresh.page.getByRole('img', { name: say('move.new.answer.label') }))
  await old.page.getByRole('button', { name: say('move.old.hear.go') }).click()
}

/** From the digits to the moment when everything has arrived. */
async function hand(old: Phone, fresh: Phone, say: Say): Promise<void> {
  await answer(old, fresh, say, await agree(old, say))
  const codes = old.page.getByRole('img', { name: say('move.old.show.label') })
  await watch(fresh, codes, 16, say('move.new.look.go'), say('move.new.code'), fresh.page.getByRole('heading', { name: say('move.new.done') }))
}
