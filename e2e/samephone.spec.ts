// Signing in on the phone that holds the authenticator: the number page offers
// it, keeps the number in sight, and goes on when one comes back.
import { expect, test, type Language } from './fixtures.ts'
import { firstLook, giveNameAndPassword, readNumber, typeNumber } from './steps.ts'

for (const language of ['en', 'ja'] satisfies Language[]) {
  test.describe(language, () => {
    test.use({ language })

    test('a sign-in on the phone itself goes to the authenticator and comes back', async ({ computer, demo, phone, say }) => {
      await firstLook(phone, computer, demo, say)
      await phone.page.close()
      const page = await phone.context.newPage()
      const number = await test.step('the number page offers the authenticator here', async () => {
        await page.goto(`${demo.at.id}/signin?to=/security`)
        await giveNameAndPassword(page, demo, say)
        return readNumber(page)
      })
      const here = page.getByRole('link', { name: say('signin.number.onphone') })
      const app = await test.step('N1: the way there carries no number', async () => {
        expect(await here.getAttribute('href')).toBe(`${demo.at.app}/`)
        const opened = phone.context.waitForEvent('page')
        await here.click()
        const there = await opened
        await expect(there.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
        expect(there.url()).toBe(`${demo.at.app}/`)
        await expect(there.getByRole('dialog')).not.toContainText([...number].join(' '))
        return there
      })
      await test.step('the number can still be read on the page, and is typed', async () => {
        await page.bringToFront()
        expect(await readNumber(page)).toBe(number)
        await app.bringToFront()
      })
      await test.step('the page slept meanwhile, and goes on when one comes back', async () => {
        const system = await phone.context.newCDPSession(page)
        await system.send('Page.setWebLifecycleState', { state: 'frozen' })
        await typeNumber(phone.at(app), say, number)
        await expect(app.getByText(say('app.approve.title'), { exact: true })).toBeHidden()
        await page.bringToFront()
        await system.send('Page.setWebLifecycleState', { state: 'active' }).catch(() => undefined) // it may be on its way already
        await expect(page).toHaveURL(`${demo.at.id}/security`)
      })
    })
  })
}
