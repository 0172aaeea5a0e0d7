// Accounts come from other authenticators and leave for them: by file, by text,
// by QR codes, with a look at them first and a way back.
import { createCipheriv, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Download, Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect, expectAccessible, test, type Phone } from './fixtures.ts'
import { readQR } from './qr.ts'
import type { Say } from './words.ts'

const password = 'lantern gate seven mist'

test.describe('a list of links', () => {
  test.use({ language: 'ja' })
  test('is looked at first, taken over as chosen, and taken back', async ({ demo, phone, say }) => {
    const { page } = phone
    const row = (name: string) => page.locator('.found > li').filter({ hasText: name })

    await test.step('from the first launch, a file is chosen', async () => {
      await page.goto(demo.at.app)
      await expectAccessible(page)
      await page.getByRole('link', { name: say('files.way') }).click()
      await expectAccessible(page)
      await choose(page, say, 'accounts.txt', 'otpauth://totp/GitHub:mei?secret=GEZDGNBVGY3TQOJQ&issuer=GitHub\n')
      await expect(page.getByRole('heading', { name: say('files.preview.title', { format: say('transfer.format.otpauth'), n: 1 }) })).toBeVisible()
      await page.getByRole('button', { name: say('files.import.go', { n: 1 }) }).click()
      await expect(page.getByText(say('files.done.text', { added: 1, filled: 0, replaced: 0, skipped: 0 }))).toBeVisible()
      await page.getByRole('link', { name: say('files.done.list') }).click()
      await expect(page.locator('.account')).toHaveCount(1)
    })

    await test.step('what is new, the same, changed, in conflict and wrong is told apart', async () => {
      await page.goto(`${demo.at.app}/#files/import`)
      await paste(
        page,
        say,
        [
          'otpauth://totp/Kumo%20Mail:mei?secret=MFRGGZDFMZTWQ2LK', // new
          'otpauth://totp/Hoshi:mei?secret=NRXW4ZZANNSXSIDP', // new, left out
          'otpauth://totp/GitHub:mei?secret=JBSWY3DPEHPK3PXP', // another key under the same names
          'otpauth://totp/Code:mei?secret=GEZDGNBVGY3TQOJQ', // the same codes under another name
          'otpauth://yaotp/Work:mei?secret=LA2V6KMCGYMWWVEW64RNP3JA3I', // without its PIN
          'otpauth://totp/Bad:mei?secret=0189',
          'see you at noon',
        ].join('\n'),
      )
      await expect(page.getByText(say('files.preview.lead'))).toBeVisible()
      await expect(row('Code')).toContainText(say('files.reason.names', { ours: 'GitHub mei' }))
      await expect(row('GitHub').first()).toContainText(say('files.reason.other_secret', { ours: 'GitHub mei' }))
      await expect(row('Bad')).toContainText(say('transfer.reason.secret'))
      await expect(page.locator('.found')).toContainText([say('transfer.reason.uri')])
      await expectAccessible(page)
    })

    await test.step('each is decided, and all of it is one import', async () => {
      await page.getByLabel(say('files.choice.take', { name: 'Hoshi (mei)' })).uncheck()
      await page.getByLabel(say('files.choice.label', { name: 'Code (mei)' })).selectOption('replace')
      const pin = page.getByLabel(say('files.pin.label', { name: 'Work (mei)' }))
      await pin.fill('lantern')
      await page.getByRole('button', { name: say('files.import.go', { n: 4 }) }).click()
      await expect(page.getByText(say('files.pin.wrong'))).toBeVisible()
      await pin.fill('1234')
      await page.getByRole('button', { name: say('files.import.go', { n: 4 }) }).click()
      await expect(page.getByText(say('files.done.text', { added: 3, filled: 0, replaced: 1, skipped: 1 }))).toBeVisible()
      await expectAccessible(page)
    })

    await test.step('one tap takes it back', async () => {
      await page.getByRole('button', { name: say('files.done.undo') }).click()
      await expect(page.getByText(say('files.done.undone'))).toBeVisible()
      await expect(page.locator('.account')).toHaveCount(1)
      await expect(page.locator('.account')).toContainText('GitHub')
    })
  })
})

test.describe('what cannot be read', () => {
  test('says why, changes nothing, and names the way', async ({ demo, phone, say }) => {
    const { page } = phone
    await page.goto(`${demo.at.app}/#files/import`)

    await test.step('text that is nothing, a broken file, a database, too much memory, too many bytes', async () => {
      await paste(page, say, 'see you at noon')
      await expect(page.getByRole('alert')).toContainText(say('transfer.error.unknown'))
      await choose(page, say, 'cut.json', '{"version":1,"header":{"slots":null,"params":null},"db":{"version":1,"entries":7}}')
      await expect(page.getByRole('alert')).toContainText(say('transfer.error.broken'))
      await choose(page, say, 'PhoneFactor', 'SQLite format 3\0 … CREATE TABLE accounts(oath_secret_key)')
      await expect(page.getByRole('alert')).toContainText(say('transfer.reason.use_terminal'))
      await expect(page.getByRole('alert')).toContainText('countersign import FILE')
      await expectAccessible(page)
      await choose(page, say, 'ente.txt', ente(1024))
      await expect(page.getByRole('alert')).toContainText(say('transfer.error.kdf_cost'))
      await expect(page.getByRole('alert')).toContainText('countersign import FILE')
      await choose(page, say, 'huge.txt', 'x'.repeat((16 << 20) + 1))
      await expect(page.getByRole('alert')).toContainText(say('transfer.error.too_large'))
    })

    await test.step('what is dropped on the window is read like what is chosen', async () => {
      await page.evaluate((text) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([text], 'dropped.txt'))
        for (const type of ['dragover', 'drop']) dispatchEvent(new DragEvent(type, { dataTransfer, cancelable: true }))
      }, links(2).join('\n'))
      await expect(page.getByRole('button', { name: say('files.import.go', { n: 2 }) })).toBeVisible()
      await page.getByRole('button', { name: say('files.import.other') }).click()
    })

    await test.step('work on a password shows how far it is, and ends when it is cancelled', async () => {
      await choose(page, say, 'bitwarden.json', bitwarden(9_000_000))
      await expect(page.getByText(say('files.password.lead', { format: 'Bitwarden' }))).toBeVisible()
      await expectAccessible(page)
      await page.getByLabel(say('files.password.label')).fill('whatever')
      await page.getByRole('button', { name: say('files.password.open') }).click()
      await expect(page.getByRole('progressbar')).toBeVisible()
      await expect.poll(() => page.getByRole('progressbar').evaluate((bar: HTMLProgressElement) => bar.value)).toBeGreaterThan(0)
      await expectAccessible(page)
      await page.getByRole('button', { name: say('app.cancel') }).click()
      await expect(page.getByLabel(say('files.password.label'))).toBeVisible()
      await page.getByRole('button', { name: say('app.cancel') }).click()
    })

    await test.step('Authy and Microsoft Authenticator have no file, and what to do instead', async () => {
      for (const app of ['authy', 'microsoft']) {
        await page.getByRole('link', { name: say(`files.${app}.title`) }).click()
        await expect(page.getByText(say(`files.${app}.lead`))).toBeVisible()
        await expectAccessible(page)
        await page.getByRole('button', { name: say('app.back') }).click()
      }
      await page.getByRole('link', { name: say('files.hub.apps') }).click()
      const lastPass = page.getByRole('listitem').filter({ hasText: say('transfer.format.lastpass') })
      await expect(lastPass).toContainText(say('files.apps.unverified'))
      await expectAccessible(page)
    })
  })
})

test.describe('an encrypted file', () => {
  test.use({ colorScheme: 'dark' })
  test('leaves with a password, and another phone opens it with that one only', async ({ demo, phone, newPhone, say }) => {
    let file = ''
    await bring(phone, demo, say, links(3))

    await test.step('the password is asked for twice, and told what it is worth', async () => {
      const { page } = phone
      await page.goto(`${demo.at.app}/#menu`)
      await page.getByRole('link', { name: say('files.menu') }).click()
      await expectAccessible(page)
      await page.getByRole('link', { name: say('files.export.aegis') }).click()
      await expect(page.getByText(say('files.export.count', { n: 3 }))).toBeVisible()
      const [first, second] = [page.getByLabel(say('files.export.password')), page.getByLabel(say('files.export.again'))]
      const go = page.getByRole('button', { name: say('files.export.save') })
      await first.fill('mei2026')
      await expect(page.getByText(say('files.export.strength.weak'))).toBeVisible()
      await first.fill(password)
      await expect(page.getByText(say('files.export.strength.strong'))).toBeVisible()
      await second.fill('lantern gate seven mast')
      await go.click()
      await expect(page.getByText(say('files.export.differ'))).toBeVisible()
      await expectAccessible(page)
      await second.fill(password)
      const saving = page.waitForEvent('download')
      await go.click()
      file = await textOf(await saving)
      await expect(page.getByText(say('files.export.saved.text'))).toBeVisible()
      expect(JSON.parse(file)).toMatchObject({ version: 1, header: { slots: [{ type: 1, n: 32768 }] } })
    })

    const other = await newPhone()
    await test.step('a wrong password is told apart from a damaged file', async () => {
      const { page } = other
      const damaged = JSON.parse(file) as { db: string }
      damaged.db = `AAAA${damaged.db.slice(4)}`
      await page.goto(`${demo.at.app}/#files/import`)
      await choose(page, say, 'damaged.json', JSON.stringify(damaged))
      await openWith(page, say, password)
      await expect(page.getByRole('alert')).toContainText(say('transfer.error.broken'))
      await choose(page, say, 'accounts.json', file)
      await openWith(page, say, 'lantern gate seven mast')
      await expect(page.getByText(say('transfer.error.password'))).toBeVisible()
      await expect(page.getByLabel(say('files.password.label'))).toHaveValue('lantern gate seven mast')
      await openWith(page, say, password)
      await page.getByRole('button', { name: say('files.import.go', { n: 3 }) }).click()
      await page.getByRole('link', { name: say('files.done.list') }).click()
      await expect(page.locator('.account')).toHaveCount(3)
    })

    await test.step('a second time it changes nothing', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#files/import`)
      await choose(page, say, 'accounts.json', file)
      await openWith(page, say, password)
      await expect(page.getByText(say('files.preview.nothing'))).toBeVisible()
    })

    await test.step('our own file is one of age, and comes back with its password only', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#files`)
      await page.getByRole('link', { name: say('files.export.own') }).click()
      await page.getByLabel(say('files.export.password')).fill(password)
      await page.getByLabel(say('files.export.again')).fill(password)
      await expectAccessible(page)
      const saving = page.waitForEvent('download')
      await page.getByRole('button', { name: say('files.export.save') }).click()
      const sealed = await readFile(await (await saving).path())
      expect(sealed.toString('latin1', 0, 32)).toBe('age-encryption.org/v1\n-> scrypt ')
      await page.goto(`${demo.at.app}/#files/import`)
      await choose(page, say, 'accounts.age', sealed)
      await openWith(page, say, 'lantern gate seven mast')
      await expect(page.getByText(say('transfer.error.password'))).toBeVisible()
      await openWith(page, say, password)
      await expect(page.getByText(say('files.preview.nothing'))).toBeVisible()
    })

    await test.step('the list of links says what it is before it is written', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#files/export/otpauth`)
      await expect(page.getByText(say('files.export.warn.otpauth'))).toBeVisible()
      const saving = page.waitForEvent('download')
      await page.getByRole('button', { name: say('files.export.save') }).click()
      expect((await textOf(await saving)).trim().split('\n')).toHaveLength(3)
    })
  })
})

test.describe('QR codes', () => {
  test.use({ language: 'ja' })
  test('of one phone are collected by another, by picture and by camera, and printed', async ({ demo, phone, newPhone, say }, info) => {
    const pictures: Buffer[] = []
    await bring(phone, demo, say, [...links(12), 'otpauth://totp/Slow:mei?secret=MFRGGZDF&period=60'])

    await test.step('two codes of ten accounts at most; what has no place in them is named', async () => {
      const { page } = phone
      await page.goto(`${demo.at.app}/#files/export/google`)
      await expect(page.getByText(say('files.export.count', { n: 12 }))).toBeVisible()
      await expect(page.locator('.found')).toContainText(say('transfer.reason.write_period'))
      await expectAccessible(page)
      await page.getByRole('button', { name: say('files.export.show') }).click()
      for (const n of [1, 2]) {
        const code = page.getByRole('img', { name: say('files.export.code.name', { n, of: 2 }) })
        await expect(code).toBeVisible()
        pictures.push(await code.screenshot({ path: info.outputPath(`${n}.png`) }))
        if (n === 1) await page.getByRole('button', { name: say('files.export.next') }).click()
      }
      await expectAccessible(page)
      expect(await readQR(info.outputPath('1.png'))).toMatch(/^otpauth-migration:\/\/offline\?data=/)
    })

    const other = await newPhone()
    await test.step('the second code by picture, the first by camera', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#files/import`)
      await choosePictures(page, say, pictures[1])
      await expect(page.getByText(say('files.scanned.some', { have: 1, of: 2 }))).toBeVisible()
      await expectAccessible(page)
      if (pictures[0]) await other.seesPicture(pictures[0])
      await page.getByRole('link', { name: say('files.scanned.more') }).click()
      await page.getByRole('button', { name: say('files.import.go', { n: 12 }) }).click()
      await page.getByRole('link', { name: say('files.done.list') }).click()
      await expect(page.locator('.group-title .tiny')).toHaveText('12')
    })

    await test.step('both at once, through the scanner that adds accounts: all are here', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#add`) // the camera still sees the first code
      await expect(page.getByText(say('files.scanned.some', { have: 1, of: 2 }))).toBeVisible()
      await page.getByRole('button', { name: say('files.scanned.go') }).click()
      await choosePictures(page, say, ...pictures)
      await expect(page.getByText(say('files.preview.nothing'))).toBeVisible()
    })

    await test.step('the page to print has a code and a key of each account', async () => {
      const { page } = other
      await page.goto(`${demo.at.app}/#files/export/paper`)
      await expect(page.getByText(say('files.export.warn.paper'))).toBeVisible()
      await page.getByRole('button', { name: say('files.export.make') }).click()
      await expect(page.locator('.slip .qr-code')).toHaveCount(12)
      await expectAccessible(page)
      await page.emulateMedia({ media: 'print' })
      await expect(page.getByRole('button', { name: say('files.paper.print') })).toBeHidden()
      const slip = page.locator('.slip').first()
      await slip.locator('.qr-code').screenshot({ path: info.outputPath('slip.png') })
      expect(await readQR(info.outputPath('slip.png'))).toBe(new URL(links(1)[0] ?? '').href)
      for (const format of ['A4', 'Letter']) await page.pdf({ path: info.outputPath(`${format}.pdf`), format })
    })
  })
})

/** Accounts of sites nobody has heard of, as links. */
function links(n: number): string[] {
  const letters = 'ABCDEFGHIJKL'
  return Array.from({ length: n }, (_, i) => {
    const secret = `GEZDGNBVGY3TQOJQ${letters[i]}${letters[i]}`.padEnd(24, 'A')
    return `otpauth://totp/Site%20${letters[i]}:mei?secret=${secret}&issuer=Site%20${letters[i]}&algorithm=SHA1&digits=6&period=30`
  })
}

/** Gives a phone accounts. */
async function bring({ page }: Phone, demo: Demo, say: Say, uris: string[]): Promise<void> {
  await page.goto(`${demo.at.app}/#files/import`)
  await paste(page, say, uris.join('\n'))
  await page.getByRole('button', { name: say('files.import.go', { n: uris.length }) }).click()
  await expect(page.getByRole('link', { name: say('files.done.list') })).toBeVisible()
}

async function paste(page: Page, say: Say, text: string): Promise<void> {
  await page.getByText(say('files.choose.text'), { exact: true }).click()
  await page.getByLabel(say('files.choose.text.label')).fill(text)
  await page.getByRole('button', { name: say('files.choose.text.go'), exact: true }).click()
}

async function choose(page: Page, say: Say, name: string, content: string | Buffer): Promise<void> {
  await chooseFiles(page, say('files.choose.file'), [{ name, mimeType: '', buffer: Buffer.from(content) }])
}

async function choosePictures(page: Page, say: Say, ...pictures: (Buffer | undefined)[]): Promise<void> {
  const files = pictures.map((buffer = Buffer.alloc(0), i) => ({ name: `${i}.png`, mimeType: 'image/png', buffer }))
  const first = page.getByRole('button', { name: say('files.choose.file') })
  await expect(first.or(page.getByRole('button', { name: say('files.scanned.picture') }))).toBeVisible()
  await chooseFiles(page, (await first.isVisible()) ? say('files.choose.file') : say('files.scanned.picture'), files)
}

async function chooseFiles(page: Page, button: string, files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: button }).click()
  await (await choosing).setFiles(files)
}

async function openWith(page: Page, say: Say, text: string): Promise<void> {
  await page.getByLabel(say('files.password.label')).fill(text)
  await page.getByRole('button', { name: say('files.password.open') }).click()
}

async function textOf(download: Download): Promise<string> {
  return readFile(await download.path(), 'utf8')
}

/** An export of Ente Auth that wants so many MiB to open. */
function ente(mebibytes: number): string {
  return JSON.stringify({
    version: 1,
    kdfParams: { memLimit: mebibytes << 20, opsLimit: 4, salt: randomBytes(16).toString('base64') },
    encryptedData: randomBytes(200).toString('base64'),
    encryptionNonce: randomBytes(24).toString('base64'),
  })
}

/** An export of Bitwarden that takes so many rounds to open, and then does not. */
function bitwarden(kdfIterations: number): string {
  const sealed = () => {
    const cipher = createCipheriv('aes-256-cbc', randomBytes(32), randomBytes(16))
    const parts = [randomBytes(16), Buffer.concat([cipher.update('x'), cipher.final()]), randomBytes(32)]
    return `2.${parts.map((part) => part.toString('base64')).join('|')}`
  }
  return JSON.stringify({
    encrypted: true,
    passwordProtected: true,
    salt: randomBytes(16).toString('base64'),
    kdfType: 0,
    kdfIterations,
    kdfMemory: null,
    kdfParallelism: null,
    encKeyValidation_DO_NOT_EDIT: sealed(),
    data: sealed(),
  })
}
