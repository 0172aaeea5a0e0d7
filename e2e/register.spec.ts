// Somebody makes an account of their own: a name, a password, an address that
// is confirmed by mail, and their phone.
import { expect, test } from './fixtures.ts'
import { mailedCode, makeAccount, pair } from './steps.ts'

test.describe('one of their own', () => {
  test.use({ language: 'ja' })

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
