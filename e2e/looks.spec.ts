// An owner is advised after signing in, puts it off, and says how the organisation
// shows itself: by its name, a logo and a colour, which its people see from then on,
// on pages and on their phones.
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { program } from './demo.ts'
import { Eye } from './eye.ts'
import { expect, test } from './fixtures.ts'
import { firstLook, giveNameAndPassword, readNumber, typeNumber } from './steps.ts'

const kenji = 'mori@aoba.example'

test.use({ language: 'ja', colorScheme: 'dark' })

test('an owner is advised, puts it off, and dresses the organisation', async ({ computer, demo, language, phone, say }, info) => {
  const eye = new Eye(language, info)
  const field = (key: string) => computer.getByLabel(say(key), { exact: true })
  const press = (key: string) => computer.getByRole('button', { name: say(key), exact: true }).click()
  await firstLook(phone, computer, demo, say, kenji)

  await test.step('advised once, before going on', async () => {
    const settings = join(dirname(demo.database), 'policy.toml')
    await writeFile(settings, `id_url = '${demo.at.id}'\napp_url = '${demo.at.app}'\ndatabase = 'sqlite:demo.db'\nkey_file = 'demo.key'\n`)
    await promisify(execFile)(program, ['policy', 'aoba.example', '--nudge', '24h', '--config', settings])
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/admin/organisation`)
    await giveNameAndPassword(computer, demo, say, kenji)
    await typeNumber(phone, say, await readNumber(computer))
    await eye.see(computer, 'nudge', say('security.nudge.wayback.title'))
    await press('security.nudge.later')
  })

  await test.step('a colour that cannot be read gives way to one that can, and the logo is drawn anew', async () => {
    await field('console.looks.colour').fill('#ffcc00')
    await press('console.looks.go')
    await eye.see(computer, 'd6-faint', say('console.looks.faint', { colour: '#ffcc00', ratio: '1.3', nearest: '#846800' }))
    await expect(field('console.looks.colour')).toHaveValue('#846800')
    await field('console.looks.colour').fill('#7b1fa2')
    await field('console.looks.name').fill('Aoba Workshop')
    await field('console.looks.logo').setInputFiles(fileURLToPath(new URL('../ui/icons/icon-192.png', import.meta.url)))
    await press('console.looks.go')
    await eye.see(computer, 'd6', say('console.looks.done'))
  })

  await test.step('its people know it by that, on the phone too', async () => {
    await phone.page.reload() // whoever opens the app hears what is new
    await expect(phone.page.getByRole('link', { name: /Aoba Workshop/ })).toBeVisible()
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say, kenji)
    const number = await readNumber(computer)
    await expect(phone.page.locator('.peek').getByText('Aoba Workshop')).toBeVisible()
    await expect(phone.page.locator('.peek img')).toHaveJSProperty('naturalWidth', 144)
    await eye.see(phone.page, 'a04-logo', say('app.approve.title'))
    await typeNumber(phone, say, number)
    await expect(computer.getByRole('banner').getByText('Aoba Workshop')).toBeVisible()
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    await phone.page.getByRole('link', { name: /Aoba Workshop/ }).click()
    await expect(phone.page.locator('.tile .mark img')).toHaveJSProperty('naturalWidth', 144)
    await eye.see(phone.page, 'a03-logo', say('app.pair.does'))
  })
})
