// A phone that signs in alone: switched on in Security info, used without a
// password, and over when the app lock is turned off.
import type { Page } from '@playwright/test'
import type { Demo } from './demo.ts'
import { Eye } from './eye.ts'
import { expect, test, type Phone } from './fixtures.ts'
import { App, Owner } from './locking.ts'
import { firstLook, giveName, givePassword, readNumber, typeNumber } from './steps.ts'
import type { Say } from './words.ts'

const pin = '314159'
const nina = 'nina@komorebi.example' // whose directory allows it

/** Types the number, and the PIN that Yes asks for. */
async function approve(phone: Phone, say: Say, number: string): Promise<void> {
  await typeNumber(phone, say, number)
  await phone.page.getByLabel(say('lock.pin'), { exact: true }).fill(pin)
  await phone.page.getByRole('button', { name: say('lock.unlock'), exact: true }).click()
}

/** Opens what Security info says of the phone. */
async function openMethod(computer: Page, say: Say): Promise<void> {
  await computer.getByRole('link', { name: say('security.app.change', { name: say('app.pair.device.android') }) }).click()
}

for (const language of ['en', 'ja'] as const) {
  test.describe(`without a password (${language})`, () => {
    test.use({ language })
    test('N6: a phone alone, unlocked, by number', async ({ demo, computer, phone, say }, info) => {
      const eye = new Eye(language, info)
      const app = new App(phone.page, demo, say)
      await firstLook(phone, computer, demo, say, nina)
      await Owner.of(phone.page)
      await app.turnOn(pin)

      await test.step('it is switched on, after the phone has shown that it can be unlocked', async () => {
        await openMethod(computer, say)
        await computer.getByRole('link', { name: say('security.alone.switch') }).click()
        if (language === 'en') await eye.see(computer, 'switch', say('security.alone.relay'))
        await computer.getByRole('button', { name: say('security.unlock.go') }).click()
        await approve(phone, say, await readNumber(computer))
        await expect(computer.getByRole('button', { name: say('security.alone.off') })).toBeVisible()
        if (language === 'ja') await eye.see(computer, 'on', say('security.alone.title'))
        await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
      })

      await test.step('the next sign-in begins with the number', async () => {
        await computer.goto(`${demo.at.id}/signin?to=/security&other=1`)
        await giveName(computer, say, nina)
        const number = await readNumber(computer)
        await expect(computer.getByRole('link', { name: say('signin.ways.link') })).toBeVisible()
        if (language === 'en') await eye.see(computer, 'number', say('signin.number.phone'))
        await approve(phone, say, number)
        await expect(computer).toHaveURL(`${demo.at.id}/security`)
        await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
      })
    })
  })
}

/** Begins anew, with name and password. */
async function begin(computer: Page, demo: Demo, say: Say): Promise<void> {
  await computer.goto(`${demo.at.id}/signin?to=/security&other=1`)
  await giveName(computer, say, nina)
  await givePassword(computer, demo, say)
}

test.describe('without the second proof', () => {
  test.use({ language: 'ja' })
  test('a browser that is remembered takes the password alone, until it is forgotten', async ({ demo, computer, phone, say }, info) => {
    const eye = new Eye('ja', info)
    await firstLook(phone, computer, demo, say, nina)
    await begin(computer, demo, say)
    await computer.getByLabel(say('signin.remember.label', { n: 30 })).check()
    await typeNumber(phone, say, await readNumber(computer))
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
    await begin(computer, demo, say)
    await expect(computer).toHaveURL(`${demo.at.id}/security`)
    await computer.goto(`${demo.at.id}/security/sessions`)
    await eye.see(computer, 'remembered', say('security.remembered.title'))
    await computer.getByRole('button', { name: say('security.remembered.all') }).click()
    await expect(computer.getByRole('heading', { name: say('security.remembered.title') })).toHaveCount(0)
  })
})
