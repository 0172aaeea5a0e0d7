// The app lock: a passkey, a PIN beside it, and what is left of a phone that
// somebody else picks up.
import type { Page } from '@playwright/test'
import { Eye } from './eye.ts'
import { expect, test, type Language } from './fixtures.ts'
import { App, Owner } from './locking.ts'
import { firstSignIn, givePassword, readNumber, typeNumber } from './steps.ts'

const pin = '314159'

/** Keeps what was ever on the screen before anything else may draw. */
async function remember(page: Page): Promise<() => Promise<string[]>> {
  await page.addInitScript(() => {
    const seen: string[] = []
    Object.assign(globalThis, { seen })
    new MutationObserver(() => {
      for (const code of document.querySelectorAll('.code, .account')) seen.push(code.outerHTML)
    }).observe(document, { subtree: true, childList: true })
  })
  return () => page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
}

test.describe('a passkey', () => {
  test('N7: locks the app, opens it for its owner alone, and takes the lock off again', async ({ demo, phone, say }) => {
    const app = new App(phone.page, demo, say)
    const owner = await Owner.of(phone.page)
    await app.addAccount()
    await app.turnOn()
    expect(await owner.passkeys()).toMatchObject([{ rpId: new URL(demo.at.app).hostname, isResidentCredential: true }])

    await test.step('the first paint is the lock screen', async () => {
      const seen = await remember(phone.page)
      await app.open()
      await app.expectLocked()
      expect(await seen()).toEqual([])
    })

    await test.step('the owner is let in', async () => {
      await app.button('lock.passkey.use').click()
      await app.expectCodes()
    })

    await test.step('turning it off wants the owner too', async () => {
      await app.page.goto(`${demo.at.app}/#lock`)
      await app.button('lock.off.do').click()
      await phone.page.getByRole('dialog').getByRole('button', { name: say('lock.off.do') }).click()
      await expect(app.button('lock.setup.passkey.do')).toBeVisible()
      await app.open()
      await app.expectCodes()
    })

    await test.step('somebody else is turned away', async () => {
      await app.turnOn()
      await owner.leaves() // for good: this phone asks no more after so many wrong fingers
      await app.button('lock.off.do').click()
      await phone.page.getByRole('dialog').getByRole('button', { name: say('lock.off.do') }).click()
      await expect(phone.page.getByText(say('lock.passkey.cancelled'))).toBeVisible()
      await app.open()
      await app.button('lock.passkey.use').click()
      await expect(phone.page.getByRole('alert')).toHaveText(say('lock.passkey.cancelled'))
      await app.expectLocked()
    })
  })

  test('that gives no secret locks nothing, and says so', async ({ demo, phone, say }) => {
    const app = new App(phone.page, demo, say)
    await Owner.of(phone.page, false)
    await app.addAccount()
    await app.open('lock')
    await app.button('lock.setup.passkey.do').click()
    await expect(phone.page.getByText(say('lock.passkey.unable'))).toBeVisible()
    await app.open()
    await app.expectCodes()
  })
})

test.describe('a PIN', () => {
  test.use({ language: 'ja' })
  test('N6: opens the app, ten wrong ones end it, and the passkey sets a new one', async ({ demo, phone, say }) => {
    const app = new App(phone.page, demo, say)
    await Owner.of(phone.page)
    await app.addAccount()

    await test.step('one that is short or easy is not taken', async () => {
      await app.open('lock')
      await app.button('lock.setup.passkey.do').click()
      await app.button('lock.passkey.use').click()
      for (const [bad, why] of [['12345', say('lock.pin.short', { n: 6 })], ['123456', say('lock.pin.plain')]] as const) {
        await phone.page.getByLabel(say('lock.pin.new')).fill(bad)
        await app.button('lock.setup.with').click()
        await expect(phone.page.getByText(why)).toBeVisible()
      }
    })

    await app.turnOn(pin)
    await app.open()
    await app.expectLocked()

    await test.step('the keyboard types it too', async () => {
      await phone.page.keyboard.type(`${pin}0`)
      await phone.page.keyboard.press('Backspace')
      await phone.page.keyboard.press('Enter')
      await app.expectCodes()
    })

    await test.step('wrong ones, and a start in between', async () => {
      await app.open()
      for (let left = 9; left > 5; left--) {
        await app.typePin('271828')
        await expect(phone.page.getByText(say('lock.pin.wrong', { n: left }))).toBeVisible()
      }
      await app.open()
      await expect(phone.page.getByText(say('lock.pin.left', { n: 6 }))).toBeVisible()
      for (let left = 5; left > 0; left--) {
        await app.typePin('271828')
        await expect(phone.page.getByText(say('lock.pin.wrong', { n: left }))).toBeVisible()
      }
      await app.typePin('271828')
      await expect(phone.page.getByText(say('lock.pin.spent'))).toBeVisible()
      await expect(app.button('lock.unlock')).toHaveCount(0)
    })

    await test.step('also for the right one, on a pad that another tab still has', async () => {
      await app.open()
      await expect(phone.page.getByText(say('lock.pin.spent'))).toBeVisible()
      await app.expectLocked()
    })

    await test.step('a new one, by the passkey', async () => {
      await app.button('lock.passkey.use').click()
      await app.expectCodes()
      await app.page.goto(`${demo.at.app}/#lock`)
      await phone.page.getByRole('button', { name: say('lock.pin.used') }).click()
      await phone.page.locator('#pin-first').fill('13579135')
      await phone.page.getByLabel(say('lock.pin.again')).fill('13579135')
      await app.button('lock.pin.save').click()
      await expect(phone.page.getByText(say('lock.pin.changed'))).toBeVisible()
      await app.open()
      await app.typePin('13579135')
      await app.expectCodes()
    })
  })
})

test.describe('two tabs', () => {
  test('are locked together, and each is unlocked by itself', async ({ demo, phone, say }) => {
    const one = new App(phone.page, demo, say)
    await Owner.of(phone.page)
    await one.addAccount()
    const two = new App(await phone.context.newPage(), demo, say)
    await two.open()
    await two.expectCodes()

    await test.step('turning it on reaches the other one', async () => {
      await one.page.bringToFront()
      await one.turnOn(pin)
      await two.expectLocked()
      await two.page.bringToFront()
      await two.typePin(pin)
      await two.expectCodes()
    })

    await test.step('so does locking', async () => {
      await one.page.bringToFront()
      await one.page.goto(`${demo.at.app}/#menu`)
      await one.page.getByRole('button', { name: say('lock.now') }).click()
      await one.expectLocked()
      await two.expectLocked()
    })

    await test.step('and turning it off', async () => {
      await one.typePin(pin)
      await one.expectCodes()
      await one.page.goto(`${demo.at.app}/#lock`)
      await one.button('lock.off.do').click()
      await one.page.getByRole('dialog').getByRole('button', { name: say('lock.off.do') }).click()
      await one.page.getByLabel(say('lock.pin'), { exact: true }).fill(pin)
      await one.button('lock.unlock').click()
      await expect(one.button('lock.setup.passkey.do')).toBeVisible()
      await two.expectCodes()
    })
  })
})

test('N7: nobody there: the app locks itself, and stays where it was', async ({ demo, phone, say }) => {
  const app = new App(phone.page, demo, say)
  await phone.page.clock.install()
  await Owner.of(phone.page)
  await app.addAccount()
  await app.turnOn(pin)
  const chooseAfter = async (words: string) => {
    await phone.page.getByRole('button', { name: new RegExp(`^${say('lock.after')}`) }).click()
    await phone.page.getByRole('button', { name: words }).click()
    await phone.page.getByLabel(say('lock.pin'), { exact: true }).fill(pin)
    await app.button('lock.unlock').click()
  }

  await test.step('after five minutes without a touch, not before', async () => {
    await phone.page.clock.fastForward('04:30')
    await phone.page.keyboard.press('Shift')
    await phone.page.clock.fastForward('04:30')
    await expect(phone.page.getByText(say('lock.on.title'))).toBeVisible()
    await phone.page.clock.fastForward('01:00')
    await app.expectLocked()
    await app.typePin(pin)
    await expect(phone.page.getByText(say('lock.on.title'))).toBeVisible()
  })

  await test.step('as soon as it is left', async () => {
    await chooseAfter(say('lock.after.leaving.text'))
    await expect(phone.page.getByRole('button', { name: say('lock.after.leaving') })).toBeVisible()
    await hide(phone.page, true)
    await app.expectLocked()
  })

  await test.step('out of sight, nothing can be seen', async () => {
    await app.typePin(pin)
    await chooseAfter(say('lock.after.minutes.text', { n: 15 }))
    await expect(phone.page.getByRole('button', { name: say('lock.after.minutes', { n: 15 }) })).toBeVisible()
    await hide(phone.page, true)
    await expect(phone.page.getByText(say('lock.on.title'))).toBeHidden()
    await hide(phone.page, false)
    await expect(phone.page.getByText(say('lock.on.title'))).toBeVisible()
  })
})

test('N7: a sign-in waits until the app is unlocked, and the notification says no more', async ({ computer, demo, phone, say }) => {
  const app = new App(phone.page, demo, say)
  await Owner.of(phone.page)
  await firstSignIn(phone, computer, demo, say)
  await app.turnOn(pin)
  await app.open()
  await app.expectLocked()
  await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
  await givePassword(computer, demo, say)
  const number = await readNumber(computer)
  await app.expectLocked()
  await expect(phone.page.getByText(say('app.approve.title'))).toHaveCount(0)
  await app.typePin(pin)
  await expect(phone.page.getByText(say('app.approve.title'), { exact: true })).toBeVisible()
  await typeNumber(phone, say, number)
  await expect(computer).toHaveURL(`${demo.at.expenses}/`)
})

test('whoever cannot unlock can only begin anew', async ({ demo, phone, say }) => {
  const app = new App(phone.page, demo, say)
  await Owner.of(phone.page)
  await app.addAccount()
  await app.turnOn()
  await app.open()
  await app.button('lock.forgot').click()
  await expect(phone.page.getByText(say('lock.forgot.none'))).toBeVisible()
  await app.button('app.erase.yes').click()
  await expect(phone.page.getByText(say('app.erase.wrong', { word: say('app.erase.word') }))).toBeVisible()
  await phone.page.getByRole('textbox').fill(say('app.erase.word'))
  await app.button('app.erase.yes').click()
  await expect(phone.page.locator('.welcome')).toBeVisible()
})

test('killed at any step of turning it on, the app has everything, and is locked only at the end', async ({ demo, phone, say }) => {
  const app = new App(phone.page, demo, say)
  const owner = await Owner.of(phone.page)
  await app.addAccount()
  let locked = false
  for (let step = 0; !locked; step++) {
    expect(step).toBeLessThan(20)
    await owner.arrives()
    await app.open('lock')
    await app.button('lock.setup.passkey.do').click()
    await app.button('lock.passkey.use').click()
    await phone.page.getByLabel(say('lock.pin.new')).fill(pin)
    await phone.page.getByLabel(say('lock.pin.again')).fill(pin)
    await stopAt(phone.page, step)
    await app.button('lock.setup.with').click()
    await expect(phone.page.getByText(say('lock.on.title')).or(phone.page.locator('[data-stopped]'))).toHaveCount(1)
    locked = (await phone.page.locator('[data-stopped]').count()) === 0
    await app.open()
    if (locked) await app.expectLocked()
    else await app.expectCodes()
  }
  await app.typePin(pin)
  await app.expectCodes()
})

/** From now on the nth call of WebCrypto never answers, as for a page that is
 *  killed then. What lies within the one transaction is IndexedDB's (rings.test.ts). */
async function stopAt(page: Page, step: number): Promise<void> {
  await page.evaluate((n) => {
    let left = n
    const stopping = (name: 'deriveBits' | 'wrapKey' | 'unwrapKey' | 'encrypt' | 'decrypt') => {
      const real = SubtleCrypto.prototype[name] as (...args: unknown[]) => Promise<unknown>
      const stopped = function (this: SubtleCrypto, ...args: unknown[]): Promise<unknown> {
        if (left-- !== 0) return real.apply(this, args)
        document.documentElement.dataset.stopped = ''
        return new Promise(() => undefined)
      }
      Object.defineProperty(SubtleCrypto.prototype, name, { value: stopped, configurable: true })
    }
    for (const name of ['deriveBits', 'wrapKey', 'unwrapKey', 'encrypt', 'decrypt'] as const) stopping(name)
  }, step)
}

/** The app goes out of sight, or comes back. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((so) => {
    Object.defineProperty(document, 'visibilityState', { value: so ? 'hidden' : 'visible', configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, hidden)
}

const looks: { language: Language; colorScheme: 'light' | 'dark' }[] = [
  { language: 'en', colorScheme: 'light' },
  { language: 'ja', colorScheme: 'dark' },
]

for (const look of looks) {
  test.describe(`the screens in ${look.language}`, () => {
    test.use(look)
    test('can be read by everybody', async ({ demo, language, phone, say }, info) => {
      const eye = new Eye(language, info)
      const { page } = phone
      await page.emulateMedia({ reducedMotion: 'reduce' })
      const app = new App(page, demo, say)
      await Owner.of(page)
      await app.addAccount()
      await app.open('menu')
      await eye.see(page, 'menu', say('lock.name'))
      await app.open('lock')
      await eye.see(page, 'setup-passkey', say('lock.setup.passkey'))
      await app.button('lock.setup.passkey.do').click()
      await eye.see(page, 'setup-try', say('lock.setup.try'))
      await app.button('lock.passkey.use').click()
      await eye.see(page, 'setup-pin', say('lock.setup.pin'))
      await page.getByLabel(say('lock.pin.new')).fill(pin)
      await page.getByLabel(say('lock.pin.again')).fill('271828')
      await app.button('lock.setup.with').click()
      await eye.see(page, 'setup-pin-differ', say('lock.pin.differ'))
      await page.getByLabel(say('lock.pin.again')).fill(pin)
      await app.button('lock.setup.with').click()
      await eye.see(page, 'settings', say('lock.on.title'))
      await page.getByRole('button', { name: new RegExp(`^${say('lock.after')}`) }).click()
      await eye.see(page, 'after', say('lock.after.never.text'))
      await page.getByRole('button', { name: say('lock.after.never.text') }).click()
      await eye.see(page, 'prove', say('lock.prove'))
      await app.button('app.close').click()
      await app.open('menu')
      await app.expectLocked()
      await eye.see(page, 'locked', say('lock.lead'))
      await app.typePin('271828')
      await eye.see(page, 'locked-wrong', say('lock.pin.wrong', { n: 9 }))
      await page.setViewportSize({ width: 1280, height: 800 })
      await eye.see(page, 'locked-wide')
      await app.button('lock.forgot').click()
      await eye.see(page, 'forgot', say('lock.forgot.none'))
      await page.setViewportSize({ width: 390, height: 844 })
      await app.open('approve/x/y')
      await eye.see(page, 'locked-waits', say('lock.waits'))
      await app.typePin(pin)
      await app.page.goto(`${demo.at.app}/#menu`)
      await eye.see(page, 'menu-on', say('lock.now'))
    })
  })
}
