// A lost phone: the admin requires re-registration, hands over the access pass,
// and with it a new phone is set up. Nobody's old phone opens anything after that. Then
// once more without a pass, with a code to the address that was there before.
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { firstLook, giveNameAndPassword, mailedCode, mei, pair } from './steps.ts'

const kenji = 'mori@aoba.example'
const looks: { language: Language; colorScheme: 'light' | 'dark' }[] = [
  { language: 'en', colorScheme: 'light' },
  { language: 'ja', colorScheme: 'dark' },
]

for (const look of looks) {
  test.describe(look.language, () => {
    test.use(look)

    test('a lost phone is replaced with an access pass from the admin, or with a code', async ({ browser, computer, demo, language, newPhone, phone, say }, info) => {
      const eye = new Eye(language, info)
      const narrow = async (name: string) => {
        await computer.setViewportSize({ width: 390, height: 844 })
        await eye.see(computer, name)
        await computer.setViewportSize({ width: 1280, height: 800 })
      }
      const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'ja-JP', colorScheme: look.colorScheme })
      const theirs = await context.newPage()
      await firstLook(phone, theirs, demo, say)
      await phone.page.close() // it is lost
      await firstLook(await newPhone(), computer, demo, say, kenji)

      await computer.goto(`${demo.at.id}/admin/people`)
      await computer.getByRole('link', { name: mei.name }).click()
      await computer.getByRole('link', { name: say('console.deed.reregister'), exact: true }).click()
      await eye.see(computer, 'd3-reregister', say('console.way.alone'))
      await narrow('d3-reregister-phone')
      await computer.getByRole('button', { name: say('console.deed.reregister.go') }).click()
      await eye.see(computer, 'd3-pass', say('console.pass.shown'))
      await narrow('d3-pass-phone')
      const pass = await computer.locator('.setup-code').innerText()
      await computer.getByRole('link', { name: say('console.link.done') }).click()
      await eye.see(computer, 'd3-after', say('console.method.password'))

      await context.clearCookies()
      await theirs.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(theirs, demo, say)
      await theirs.getByLabel(say('signin.pass.name')).fill(pass)
      await theirs.getByRole('button', { name: say('signin.password.go') }).click()
      await theirs.getByRole('button', { name: say('security.start.go') }).click()
      await pair(await newPhone(), theirs, demo, say)
      await expect(theirs).toHaveURL(`${demo.at.id}/security`)

      await computer.getByRole('link', { name: say('console.deed.pass'), exact: true }).click()
      await computer.getByLabel(say('console.pass.length')).fill('8')
      await computer.getByLabel(say('console.pass.life')).selectOption('1440')
      await computer.getByLabel(say('console.pass.once')).check()
      await computer.getByLabel(say('console.pass.starts')).fill('2099-01-01T09:00')
      await computer.getByRole('button', { name: say('console.deed.pass.go') }).click()
      await eye.see(computer, 'd3-pass-wrong', say('console.pass.wrong'))
      await computer.getByLabel(say('console.pass.starts')).fill('')
      await computer.getByRole('button', { name: say('console.deed.pass.go') }).click()
      await expect(computer.locator('.setup-code')).toHaveText(/^\w{4} \w{4}$/)

      // Once more, and without a pass: the password and a code to the address that was there before.
      await computer.getByRole('link', { name: say('console.link.done') }).click()
      await computer.getByRole('link', { name: say('console.deed.reregister'), exact: true }).click()
      await computer.getByRole('radio', { name: say('console.way.code') }).check()
      await computer.getByRole('button', { name: say('console.deed.reregister.go') }).click()
      await eye.see(computer, 'd3-anew', say('console.done.reregister'))
      await context.clearCookies()
      await theirs.goto(`${demo.at.id}/signin?to=/security`)
      await giveNameAndPassword(theirs, demo, say)
      await eye.see(theirs, 'b-anew', say('signin.anew.title'))
      await theirs.getByRole('button', { name: say('signin.mail.send') }).click()
      const code = await mailedCode(computer, demo, mei.login, say('mail.setup_code.subject'))
      await theirs.getByLabel(say('signin.mail.name')).fill(code)
      await theirs.getByRole('button', { name: say('signin.password.go') }).click()
      await expect(theirs.getByRole('heading', { name: say('security.start.enrol.title') })).toBeVisible()
      await context.close()
    })
  })
}
