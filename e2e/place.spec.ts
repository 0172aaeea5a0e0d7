// A server that knows where addresses are says so before anybody answers.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { program } from './demo.ts'
import { expect, expectAccessible, test } from './fixtures.ts'
import { firstLook, giveNameAndPassword, readNumber, typeNumber } from './steps.ts'

// By this file half of all addresses, this computer's among them, are in Osaka.
const places = join(import.meta.dirname, '../testdata/places.mmdb')

test.use({ language: 'ja' })

test('a server that knows places shows on a map where somebody signs in', async ({ demo, computer, phone, say }) => {
  await demo.kill()
  const folder = dirname(demo.database)
  const config = join(folder, 'places.toml')
  const { id, app } = demo.at
  await writeFile(config, `id_url = '${id}'\napp_url = '${app}'\ndatabase = 'sqlite:demo.db'\nkey_file = 'demo.key'\nlisten = ['127.0.0.1:${new URL(id).port}']\ngeoip_file = '${places}'\n`)
  const server = spawn(program, ['serve', '--config', config], { stdio: 'ignore' })
  try {
    await expect.poll(() => fetch(`${id}/readyz`).then((answer) => answer.status, () => 0)).toBe(200)
    await firstLook(phone, computer, demo, say)

    await computer.context().clearCookies()
    await computer.goto(`${id}/signin?to=/security`)
    await giveNameAndPassword(computer, demo, say)
    const number = await readNumber(computer)
    await expect(phone.page.locator('.map')).toContainText('Osaka, Japan')
    await expectAccessible(phone.page)
    await phone.page.screenshot({ path: test.info().outputPath('map.png') })
    await typeNumber(phone, say, number)
    await expect(computer).toHaveURL(`${id}/security`)
  } finally {
    const ended = once(server, 'exit')
    server.kill('SIGTERM')
    await ended
  }
})
