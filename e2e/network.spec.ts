// The demo for a phone in the same network: the page that hands out the
// certificate says what does not work before it is trusted, and that it is.
import type { Page } from '@playwright/test'
import { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { watch } from './watch.ts'
import type { Say } from './words.ts'

const looks: { language: Language; colorScheme: 'light' | 'dark' }[] = [
  { language: 'en', colorScheme: 'light' },
  { language: 'ja', colorScheme: 'dark' },
]

for (const look of looks) {
  test.describe(look.language, () => {
    test.use({ ...look, viewport: { width: 390, height: 844 } })

    test('a phone in the network is told how to trust the demo, and what does not work before', async ({ browser, computer, complaints, language, locale, say }, info) => {
      const demo = await Demo.start('--host', '127.0.0.1')
      try {
        const eye = new Eye(language, info)
        await test.step('not trusted yet', async () => {
          await computer.goto(begin(demo))
          await eye.see(computer, 'ca', say('server.ca.not_trusted'))
          await expect(computer.getByText(say('server.ca.trusted'))).toBeHidden()
          await expectSteps(computer, say)
        })
        await test.step('the other language stays, also on the way to the service', async () => {
          await computer.getByRole('link', { name: language === 'en' ? '日本語' : 'English' }).click()
          await computer.goto(begin(demo))
          await expect(computer.locator('html')).toHaveAttribute('lang', language === 'en' ? 'ja' : 'en')
        })
        await test.step('trusted, it leads on to the authenticator', async () => {
          const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: locale ?? 'en-GB', colorScheme: look.colorScheme, viewport: { width: 390, height: 844 } })
          await watch(context, complaints)
          const trusting = await context.newPage()
          await trusting.goto(begin(demo))
          await eye.see(trusting, 'ca-trusted', say('server.ca.trusted'))
          await expect(trusting.getByText(say('server.ca.not_trusted'))).toBeHidden()
          await trusting.getByRole('link', { name: say('server.ca.open_app') }).click()
          await expect(trusting).toHaveURL(`${demo.at.app}/`)
          await expect(trusting.getByRole('heading', { level: 1, name: say('app.welcome.title') })).toBeVisible()
          expect(await trusting.evaluate(() => isSecureContext)).toBe(true)
          await context.close()
        })
      } finally {
        await demo.stop()
      }
    })
  })
}

function begin(demo: Demo): string {
  expect(demo.at.ca).toBeDefined()
  return demo.at.ca ?? ''
}

/** Both kinds of phones find their steps, and the certificate is there. */
async function expectSteps(page: Page, say: Say): Promise<void> {
  for (const key of ['server.ca.ios.1', 'server.ca.ios.2', 'server.ca.ios.3', 'server.ca.android.1', 'server.ca.android.2', 'server.ca.android.3'] as const) {
    await expect(page.getByText(say(key))).toBeVisible()
  }
  const link = page.getByRole('link', { name: say('server.ca.download') })
  const answer = await page.request.get(new URL((await link.getAttribute('href')) ?? '', page.url()).href)
  expect(answer.headers()['content-type']).toBe('application/x-x509-ca-cert')
}
