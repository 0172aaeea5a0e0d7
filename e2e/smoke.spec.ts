import { expect, expectAccessible, test, type Language } from './fixtures.ts'

for (const language of ['en', 'ja'] satisfies Language[]) {
  test.describe(language, () => {
    test.use({ language })

    test('the service asks for a name, and the switch changes the language', async ({ demo, computer, say }) => {
      await computer.goto(`${demo.at.id}/signin`)
      await expect(computer.getByRole('heading', { name: say('signin.name.title') })).toBeVisible()
      await expect(computer.getByLabel(say('signin.name.label'))).toBeFocused()
      await expectAccessible(computer)
      const other = language === 'en' ? { name: '日本語', code: 'ja' } : { name: 'English', code: 'en' }
      await computer.getByRole('button', { name: other.name }).click()
      await expect(computer.locator('html')).toHaveAttribute('lang', other.code)
      await expectAccessible(computer)
    })

    test('the app welcomes a new phone', async ({ demo, phone, say }) => {
      await phone.page.goto(demo.at.app)
      await expect(phone.page.getByRole('heading', { level: 1, name: say('app.welcome.title') })).toBeVisible()
      await expectAccessible(phone.page)
    })

    test('the start page says what to open', async ({ demo, computer }) => {
      await computer.goto(demo.at.start)
      await expect(computer.getByText(demo.at.password)).toBeVisible()
      await expectAccessible(computer)
    })
  })
}
