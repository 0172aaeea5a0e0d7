// Everything goes from an old phone to a new one through the server, and back again
// from screen to camera: nothing that is there already is touched.
import type { Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { digitsOn, watch } from './filming.ts'
import { expect, test, type Phone } from './fixtures.ts'
import { Terminal } from './terminal.ts'
import type { Say } from './words.ts'

test('an old phone hands everything to a new one, and the new one back', async ({ demo, phone, newPhone, say, language }, info) => {
  const eye = new Eye(language, info)
  const other = await newPhone()
  await add(phone.page, demo, say, 'GitHub', 'GEZDGNBVGY3TQOJQ')
  await add(phone.page, demo, say, 'Kumo Mail', 'MFRGGZDFMZTWQ2LK')

  await test.step('the new phone shows whom to give to, the old one what to type', async () => {
    await other.page.goto(`${demo.at.app}/#move/new`)
    await phone.page.goto(`${demo.at.app}/#move`)
    await meet(phone, other, say)
    await type(other, say, '12345')
    await expect(other.page.getByText(say('move.new.digits.wrong'))).toBeVisible()
    await eye.see(other.page, 'invite')
  })

  await test.step('other digits end it on both', async () => {
    const digits = await agree(phone, say)
    await eye.see(phone.page, 'digits')
    await type(other, say, String((Number(digits) + 1) % 1_000_000).padStart(6, '0'))
    for (const { page } of [phone, other]) {
      await expect(page.getByText(say('move.ended.digits'))).toBeVisible()
      await page.getByRole('button', { name: say('move.again') }).click()
    }
  })

  await test.step('the right ones begin it after the code was typed, and both count what arrived', async () => {
    await phone.page.getByRole('button', { name: say('move.old.type.go') }).click()
    await phone.page.getByLabel(say('move.old.type.label')).fill(await other.page.locator('p.small .mono').innerText())
    await eye.see(phone.page, 'typed')
    await phone.page.getByRole('button', { name: say('move.next') }).click()
    await type(other, say, await agree(phone, say))
    for (const { page } of [other, phone]) await expect(page.getByText(say('move.receipt', { arrived: 2, of: 2 }))).toBeVisible()
    await eye.see(other.page, 'arrived')
    await eye.see(phone.page, 'done')
    await other.page.getByRole('link', { name: say('move.new.done.go') }).click()
    await expect(other.page.locator('.account')).toHaveCount(2)
  })

  await test.step('back again without the internet: one more comes, the others stay', async () => {
    await add(other.page, demo, say, 'Bank', 'NRXW4ZZANNSXSIDP')
    await phone.page.goto(`${demo.at.app}/#move/new`)
    await other.page.goto(`${demo.at.app}/#move`)
    await phone.page.getByRole('button', { name: say('move.without') }).click()
    const invitation = phone.page.getByRole('img', { name: say('move.new.invite.label') })
    await watch(other, invitation, 13, say('move.old.find.go'), say('app.back'), other.page.getByRole('button', { name: say('move.old.confirm.yes') }))
    await type(phone, say, await agree(other, say))
    await other.seesScreen(phone.page.getByRole('img', { name: say('move.new.answer.label') }))
    await other.page.getByRole('button', { name: say('move.old.hear.go') }).click()
    const parcel = other.page.getByRole('img', { name: say('move.old.show.label') })
    await watch(phone, parcel, 16, say('move.new.look.go'), say('move.new.code'), phone.page.getByRole('heading', { name: say('move.new.done') }))
    await expect(phone.page.getByText(say('move.receipt', { arrived: 3, of: 3 }))).toBeVisible()
    await other.seesScreen(phone.page.getByRole('img', { name: say('move.new.done.label') }))
    await other.page.getByRole('button', { name: say('move.old.receipt.go') }).click()
    await expect(other.page.getByText(say('move.receipt', { arrived: 3, of: 3 }))).toBeVisible()
    await phone.page.getByRole('link', { name: say('move.new.done.go') }).click()
    await expect(phone.page.locator('.account')).toHaveCount(3)
  })
})

test.describe(() => {
  test.use({ language: 'ja' })

  test('a terminal takes everything from a phone, and gives it to one', async ({ demo, computer, phone, say }) => {
    const terminal = await Terminal.open()
    await add(phone.page, demo, say, '青葉銀行', 'GEZDGNBVGY3TQOJQ')

    await test.step('the phone scans what the terminal draws', async () => {
      const take = terminal.start('move', 'take', '--through', demo.at.id, '--json')
      await take.hears(/([0-9A-Z]{4}-[0-9A-Z-]{19})/)
      const { size, path } = take.drawn()
      await computer.setContent(`<svg width="600" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path d="${path}" stroke="#000"/></svg>`)
      await phone.page.goto(`${demo.at.app}/#move`)
      await phone.seesScreen(computer.locator('svg'))
      await phone.page.getByRole('button', { name: say('move.old.find.go') }).click()
      take.types(await agree(phone, say))
      await expect(phone.page.getByText(say('move.receipt', { arrived: 1, of: 1 }))).toBeVisible()
      expect(JSON.parse(await take.ends())).toMatchObject({ receipt: { of: 1, arrived: 1 }, results: [{ state: 'restored', issuer: '青葉銀行' }] })
    })

    await test.step('a phone that is new shows the code that the terminal asks for', async () => {
      await phone.page.goto(`${demo.at.app}/#move/new`)
      const code = await phone.page.locator('p.small .mono').innerText()
      const give = terminal.start('move', 'give', code, '--through', demo.at.id)
      await type(phone, say, await give.hears(/(\d{3} \d{3})/))
      await expect(phone.page.getByText(say('move.receipt', { arrived: 1, of: 1 }))).toBeVisible()
      await give.ends()
    })
    await terminal.close()
  })
})

async function add(page: Page, demo: Demo, say: Say, issuer: string, secret: string): Promise<void> {
  await page.goto(`${demo.at.app}/#link?uri=${encodeURIComponent(`otpauth://totp/mei?secret=${secret}&issuer=${encodeURIComponent(issuer)}`)}`)
  await page.getByRole('button', { name: say('app.add'), exact: true }).click()
  await expect(page.getByText(say('app.add.added', { name: issuer }))).toBeVisible()
}

/** The old phone scans the one code of the new one, and asks whether everything is to be copied. */
async function meet(old: Phone, fresh: Phone, say: Say): Promise<void> {
  await old.seesScreen(fresh.page.getByRole('img', { name: say('move.new.meet.label') }))
  await old.page.getByRole('button', { name: say('move.old.find.go') }).click()
  await expect(old.page.getByRole('button', { name: say('move.old.confirm.yes') })).toBeVisible()
}

/** The digits that the old phone shows then. */
async function agree(old: Phone, say: Say): Promise<string> {
  await old.page.getByRole('button', { name: say('move.old.confirm.yes') }).click()
  return digitsOn(old.page)
}

async function type(fresh: Phone, say: Say, digits: string): Promise<void> {
  await fresh.page.getByLabel(say('move.new.digits')).fill(digits)
  await fresh.page.getByRole('button', { name: say('move.next') }).click()
}
