// A knock: the browser hands the push to our worker as its push service would.
// This Chromium has no push service, so the way from the server to the browser
// is tested on the server (internal/server/notify), and the rest here.
import type { CDPSession } from '@playwright/test'
import type { Demo } from './demo.ts'
import { expect, test, type Phone } from './fixtures.ts'
import { Wire } from './hear.ts'
import { firstSignIn, givePassword, readNumber, typeNumber } from './steps.ts'

test.use({ engine: 'whole' })

test('a knock shows that a sign-in waits, without number or code; a touch leads to it; an answer takes it down', async ({
  computer,
  demo,
  phone,
  say,
}) => {
  await phone.context.grantPermissions(['camera', 'notifications'], { origin: demo.at.app })
  const push = await Push.ready(phone, demo)
  await firstSignIn(phone, computer, demo, say)
  const ask = phone.page.getByText(say('app.approve.title'), { exact: true })

  const number = await test.step('a sign-in waits, set aside in the app', async () => {
    await computer.goto(`${demo.at.expenses}/signin?prompt=login`)
    await givePassword(computer, demo, say)
    await expect(ask).toBeVisible()
    await phone.page.getByRole('button', { name: say('app.approve.close') }).click()
    await expect(phone.page.getByRole('heading', { name: say('app.approve.pending', { n: 1 }) })).toBeVisible()
    return readNumber(computer)
  })

  await test.step('N1: what is shown holds the app and the host, no number, no code and no button', async () => {
    await push.deliver()
    await expect.poll(() => push.shown()).toEqual([
      { title: say('app.push.note.title'), body: `${say('demo.expenses.name')} · ${new URL(demo.at.id).host}`, lang: 'en', actions: [] },
    ])
  })

  await test.step('touched, it opens the request', async () => {
    await push.touch()
    await expect(ask).toBeVisible()
    await expect.poll(() => push.shown()).toEqual([])
  })

  await test.step('answered, it is taken down', async () => {
    await push.deliver()
    await expect.poll(() => push.shown()).toHaveLength(1)
    await typeNumber(phone, say, number)
    await expect(computer).toHaveURL(`${demo.at.expenses}/`)
    await expect.poll(() => push.shown()).toEqual([])
  })

  await test.step('a knock that comes too late says that nothing waits', async () => {
    await push.deliver()
    await expect.poll(() => push.shown()).toEqual([{ title: say('app.push.note.gone'), body: '', lang: 'en', actions: [] }])
  })

  await test.step('the menu says that it is allowed and not yet possible', async () => {
    await phone.page.getByRole('button', { name: say('app.approve.done') }).click()
    await phone.page.goto(`${demo.at.app}/#menu`)
    await expect(phone.page.getByText(say('app.push.failing'))).toBeVisible()
  })
})

interface Note {
  readonly title: string
  readonly body: string
  readonly lang: string
  readonly actions: readonly unknown[]
}

/** The push service of one phone. */
class Push {
  private readonly workers = new Map<string, string>()

  private constructor(
    private readonly phone: Phone,
    private readonly wire: Wire,
    private readonly cdp: CDPSession,
    private readonly origin: string,
  ) {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      for (const { registrationId, scopeURL, isDeleted } of registrations) {
        if (scopeURL.startsWith(`${origin}/push/`) && !isDeleted) this.workers.set(registrationId, scopeURL)
        else this.workers.delete(registrationId)
      }
    })
  }

  static async ready(phone: Phone, demo: Demo): Promise<Push> {
    const push = new Push(phone, await Wire.tap(phone.page), await phone.context.newCDPSession(phone.page), demo.at.app)
    await push.cdp.send('ServiceWorker.enable')
    return push
  }

  /** Hands the only knock worker what the server sends: the registration, and nothing else. */
  async deliver(): Promise<void> {
    await expect.poll(() => this.workers.size).toBe(1)
    const [registrationId = ''] = this.workers.keys()
    const { registration } = JSON.parse(await this.wire.answer('/device/pair')) as { registration: string }
    const data = JSON.stringify({ v: 1, t: 'request', r: registration })
    await this.cdp.send('ServiceWorker.deliverPushMessage', { origin: this.origin, registrationId, data })
  }

  /** The notifications that are up. */
  async shown(): Promise<Note[]> {
    return this.phone.page.evaluate(async () => {
      const workers = await navigator.serviceWorker.getRegistrations()
      const notes = await Promise.all(workers.map((worker) => worker.getNotifications()))
      return notes.flat().map((note) => {
        const { title, body, lang, actions } = note as Notification & { actions: unknown[] }
        return { title, body, lang, actions }
      })
    })
  }

  /** Touches the notification. No command of the browser does, so the event is made in the worker. */
  async touch(): Promise<void> {
    const find = () => this.phone.context.serviceWorkers().find((one) => one.url().endsWith('/knock.js'))
    await expect.poll(() => find() !== undefined, 'the knock worker runs').toBe(true)
    await find()?.evaluate(async () => {
      const scope = globalThis as unknown as { registration: ServiceWorkerRegistration }
      const [notification] = await scope.registration.getNotifications()
      const event = Object.assign(new Event('notificationclick'), { notification, waitUntil: (work: Promise<unknown>) => void work.catch(() => undefined) })
      globalThis.dispatchEvent(event)
    })
  }
}
