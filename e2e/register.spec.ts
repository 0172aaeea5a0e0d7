// Somebody makes an account of their own: a name, a password, an address that
// is confirmed by mail, and their phone.
import { expect, test } from './fixtures.ts'
import { Eye } from './eye.ts'
import { Authenticator } from './passkeys.ts'
import { mailedCode, makeAccount, pair } from './steps.ts'

for (const language of ['en', 'ja'] as const) {
  test.describe(`one of their own, ${language}`, () => {
    test.use({ language })

    test('an account, from nothing to the paired phone', async ({ computer, demo, phone, say }) => {
      const home = 'natsu@home.example'
      await computer.goto(`${demo.at.id}/signin?to=/security`)
      await computer.getByRole('link', { name: say('signin.register.link') }).click()
      await makeAccount(computer, say, 'natsu')
      await computer.getByLabel(say('security.email.label'), { exact: true }).fill(home)
      await computer.getByRole('button', { name: say('security.email.send') }).click()
      await expect(computer.getByText(home)).toBeVisible()
      const asked = computer.url()
      const code = await mailedCode(computer, demo, home)
      await computer.goto(asked)
      await computer.getByLabel(say('security.bycode.label')).fill(code)
      await computer.getByRole('button', { name: say('security.email.code.go') }).click()
      await computer.getByRole('button', { name: say('security.start.go') }).click()
      await pair(phone, computer, demo, say)
      await expect(computer).toHaveURL(`${demo.at.id}/security`)
      await expect(computer.getByText('n•••@home.example').first()).toBeVisible()
    })
  })
}

test.describe('with a passkey', () => {
  test.use({ language: 'en' })

  test('an account without a password, signed in to without a name', async ({ computer, demo, language, say }, info) => {
    const eye = new Eye(language, info)
    const key = await Authenticator.in(computer)
    await key.present(false)
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await computer.getByRole('link', { name: say('signin.register.link') }).click()
    await computer.getByLabel(say('signin.register.name'), { exact: true }).fill('Aki.M')
    await eye.see(computer, 'b-register', say('signin.register.key'))
    await computer.getByRole('button', { name: say('signin.register.key') }).click()
    await eye.see(computer, 'b-register-key', say('security.passkey.phishing'))
    await key.present(true)
    await computer.getByRole('button', { name: say('security.passkey.go') }).click()
    await eye.see(computer, 'b-register-try', say('signin.register.key.try'))
    await computer.getByRole('button', { name: say('signin.register.key.done') }).click()
    await computer.getByRole('link', { name: say('signin.reach.skip') }).click()
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
    await expect(computer.getByText(say('security.password.text'))).toHaveCount(0)
    expect(await key.count()).toBe(1)
    await computer.context().clearCookies()
    await computer.goto(`${demo.at.id}/signin?to=/security`)
    await expect(computer).toHaveURL(`${demo.at.id}/security`) // the browser offered it where the name is typed
  })
})
