import { afterEach, expect, test, vi } from 'vitest'
import { ownClock } from './clock'
import { ask, open, type Door } from './door'
import { Trouble, type Reason } from './trouble'

const issuer = 'https://id.example.org'

async function door(off = 0): Promise<Door> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  return { issuer, registration: 'REG', key: pair.privateKey, clock: ownClock(off) }
}

type Seen = { url: string; init: RequestInit; created: number }

/** A network on which `answers` come one after the other. */
function network(...answers: ((seen: Seen) => Response | Error)[]): Seen[] {
  const calls: Seen[] = []
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const input = new Headers(init.headers).get('Signature-Input') ?? ''
    const seen = { url, init, created: Number(/created=(\d+)/.exec(input)?.[1]) }
    calls.push(seen)
    const answer = answers[Math.min(calls.length, answers.length) - 1]!(seen)
    if (answer instanceof Error) throw answer
    return answer
  })
  return calls
}

afterEach(() => {
  vi.unstubAllGlobals()
})

async function reasonFor(work: Promise<unknown>): Promise<Reason> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(Trouble)
  return (thrown as Trouble).reason
}

test('a call carries no cookie, no cache, no referrer, and follows no redirect', async () => {
  const [call] = [network(() => Response.json({ ok: 1 }))]
  await ask(await door(), { method: 'GET', path: '/device/requests' })
  expect(call[0]!.url).toBe(`${issuer}/device/requests`)
  expect(call[0]!.init).toMatchObject({ credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer' })
})

test('told that the time is off, it asks once more by the clock of the server', async () => {
  const ahead = Date.now() + 600_000
  const date = { Date: new Date(ahead).toUTCString() }
  const calls = network(
    () => Response.json({ error: 'skew' }, { status: 401, headers: date }),
    () => Response.json({}, { headers: date }),
  )
  await open(await door(), { method: 'PUT', path: '/device/registration', body: { name: 'x' } })
  expect(calls).toHaveLength(2)
  expect(Math.abs(calls[0]!.created - Date.now() / 1000)).toBeLessThan(5)
  expect(Math.abs(calls[1]!.created - ahead / 1000)).toBeLessThan(5)
  expect(calls[1]!.init.body).toEqual(calls[0]!.init.body)
})

test('told so twice, it gives up and says that the clock is wrong', async () => {
  const calls = network(() => Response.json({ error: 'skew' }, { status: 401 }))
  expect(await reasonFor(open(await door(), { method: 'GET', path: '/' }))).toEqual({ why: 'clock' })
  expect(calls).toHaveLength(2)
})

test('without a network it is offline; with one, the server is out of reach', async () => {
  network(() => new TypeError('Failed to fetch'))
  vi.stubGlobal('navigator', { onLine: false })
  expect(await reasonFor(open(await door(), { method: 'GET', path: '/' }))).toEqual({ why: 'offline' })
  vi.stubGlobal('navigator', { onLine: true })
  expect(await reasonFor(open(await door(), { method: 'GET', path: '/' }))).toEqual({ why: 'unreachable' })
})

test('an answer that is no JSON, or has no end, is a stranger’s', async () => {
  network(() => new Response('<html>'))
  expect(await reasonFor(ask(await door(), { method: 'GET', path: '/' }))).toEqual({ why: 'stranger' })
  network(() => new Response(new Uint8Array(70_000)))
  expect(await reasonFor(ask(await door(), { method: 'GET', path: '/' }))).toEqual({ why: 'stranger' })
})
