/** Hearing of requests while the app is open: one tab holds a stream for each
 *  registration, reads ids only, and tells the other tabs. What cannot be
 *  streamed is polled, and whenever the app comes to the front it looks anew. */
import { computed, effect } from '@preact/signals'
import { vault } from '../store/store'
import { ask, open, type Door } from './door'
import { doorOf, ofRegistration, paired } from './registrations'
import { eventReader } from './sse'
import { reasonOf, Trouble, type Reason } from './trouble'

/** A line of a server's pending list; times by the clock of this device. */
export type Brief = { id: string; kind: string; askedAt: number; closesAt: number }

/** Who hears what was found out. */
export type Listener = {
  /** The open requests of a registration, all of them. */
  listed(registration: string, briefs: Brief[]): void
  /** Something about the registration itself may have changed. */
  changed(registration: string): void
  /** The server no longer knows this phone. */
  removed(registration: string): void
}

/** A browser opens six connections to a host. Some must be left for answers. */
const streamsPerServer = 3
/** Between two looks of those without a stream: a request may live thirty seconds,
 *  and what stands on the screen may be replaced at any moment. */
const pace = { open: 1_000, quiet: 4_000 } as const
const heartbeat = 25_000
/** A server writes something at once. What holds that back would hold back events. */
const firstWord = 10_000
const channel = new BroadcastChannel('countersign/requests')

let listener: Listener | undefined
/** Registrations of which something is open. */
const asked = new Set<string>()
const sleepers = new Set<() => void>()

/** Starts listening; called once, after the first codes are on the screen. */
export function startLive(to: Listener): void {
  listener = to
  channel.onmessage = ({ data }: MessageEvent<{ registration: string; briefs: Brief[] }>) => {
    if (document.visibilityState === 'visible') to.listed(data.registration, data.briefs)
  }
  let session: AbortController | undefined
  const follow = () => {
    if (document.visibilityState === 'visible') session ??= begin()
    else {
      session?.abort()
      session = undefined
    }
  }
  document.addEventListener('visibilitychange', follow)
  for (const event of ['online', 'focus', 'pageshow']) addEventListener(event, lookAgain)
  navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ knocked?: true } | null>) => {
    if (data?.knocked && document.visibilityState === 'visible') lookAgain()
  })
  follow()
}

/** Looks at every server now, and begins failed streams anew. */
export function lookAgain(): void {
  for (const rouse of sleepers) rouse()
  for (const registration of registrations.peek()) void look(registration).catch(() => undefined)
}

/** Asks what is open for one registration. */
export async function look(registration: string, signal?: AbortSignal): Promise<void> {
  await lookThrough(await doorOf(registration), '/device/requests', signal)
}

/** Registrations that still have a server; equal lists are one value. */
const listening = computed(() =>
  paired(vault.value.entries)
    .filter(({ server }) => server.state !== 'removed')
    .map(({ server }) => server.registration)
    .join(' '),
)
const registrations = computed(() => listening.value.split(' ').filter(Boolean))

/** Listens to all registrations until aborted; first looks, so that a tab
 *  without the lock is right too. */
function begin(): AbortController {
  const session = new AbortController()
  lookAgain()
  void alone(session.signal, () => attendAll(session.signal))
  return session
}

/** Runs `work` in one tab at a time, where the browser can say so. */
async function alone(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return work()
  await navigator.locks.request('countersign/streams', { signal }, work).catch(() => undefined)
}

/** One line for each registration, begun and ended as accounts come and go. */
function attendAll(signal: AbortSignal): Promise<void> {
  const lines = new Map<string, AbortController>()
  return new Promise((resolve) => {
    const stop = effect(() => {
      const wanted = registrations.value
      for (const [registration, line] of lines) {
        if (wanted.includes(registration)) continue
        line.abort()
        lines.delete(registration)
      }
      for (const registration of wanted) {
        if (lines.has(registration)) continue
        const line = new AbortController()
        lines.set(registration, line)
        void attend(registration, AbortSignal.any([signal, line.signal]))
      }
    })
    signal.addEventListener('abort', () => {
      stop()
      resolve()
    })
  })
}

/** Keeps one line: look, listen, and after a failure wait a little longer. */
async function attend(registration: string, signal: AbortSignal): Promise<void> {
  const way = { polls: false }
  listener?.changed(registration)
  for (let failures = 0; !signal.aborted; ) {
    const began = Date.now()
    try {
      await look(registration, signal)
      await hear(registration, way, signal)
      const hasty = Date.now() - began < 5_000
      failures = hasty && !way.polls ? failures + 1 : 0
      if (hasty) await pause(Math.max(2_000, patience(failures)), signal)
    } catch (thrown) {
      if (signal.aborted) return
      const reason = reasonOf(thrown)
      if (reason.why === 'removed') return listener?.removed(registration)
      failures++
      await pause(patience(failures, reason), signal)
    }
  }
}

/** Waits for news by the best way there is, until that way ends. */
async function hear(registration: string, way: { polls: boolean }, signal: AbortSignal): Promise<void> {
  const door = await doorOf(registration)
  if (!mayStream(registration)) return pause(asked.has(registration) ? pace.open : pace.quiet, signal)
  if (way.polls) return lookThrough(door, '/device/requests?wait=25', AbortSignal.any([signal, AbortSignal.timeout(35_000)]))
  way.polls = !(await listen(door, signal))
}

/** Reads the stream to its end. False if nothing at all came through: something
 *  on the way collects what it should pass on. */
async function listen(door: Door, signal: AbortSignal): Promise<boolean> {
  const silence = new AbortController()
  let timer = setTimeout(() => silence.abort(), firstWord)
  let heard = false
  try {
    const call = { method: 'GET', path: '/device/stream', signal: AbortSignal.any([signal, silence.signal]) } as const
    const { body } = await open(door, call)
    if (!body) return false
    void look(door.registration, signal).catch(() => undefined) // what came while it opened
    const reader = body.pipeThrough(new TextDecoderStream()).getReader()
    const events = eventReader()
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      heard = true
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), 2 * heartbeat)
      for (const { event } of events.feed(piece.value)) react(door.registration, event)
    }
    return heard
  } catch (thrown) {
    if (thrown instanceof Trouble && !silence.signal.aborted) throw thrown
    if (silence.signal.aborted) return heard
    throw new Trouble({ why: 'unreachable' }) // cut off while reading
  } finally {
    clearTimeout(timer)
  }
}

function react(registration: string, event: string): void {
  if (event === 'registration') listener?.changed(registration)
  if (event === 'requests') void look(registration).catch(() => undefined)
}

async function lookThrough(door: Door, path: string, signal?: AbortSignal): Promise<void> {
  const { registration } = door
  try {
    const answer = await ask(door, { method: 'GET', path, ...(signal && { signal }) })
    const briefs = readBriefs(answer, Date.now())
    if (briefs.length > 0) asked.add(registration)
    else asked.delete(registration)
    const { state } = answer as { state?: unknown }
    if (typeof state === 'string' && state !== ofRegistration(registration)?.server.state) listener?.changed(registration)
    listener?.listed(registration, briefs)
    channel.postMessage({ registration, briefs })
  } catch (thrown) {
    if (thrown instanceof Trouble && thrown.reason.why === 'removed') listener?.removed(registration)
    throw thrown
  }
}

/** Reads a pending list that arrived at `now`. */
export function readBriefs(answer: unknown, now: number): Brief[] {
  const { requests, server_time: serverTime } = (answer ?? {}) as Record<string, unknown>
  if (!Array.isArray(requests) || typeof serverTime !== 'number') throw new Trouble({ why: 'stranger' })
  return requests.map((request: Record<string, unknown>) => {
    const { id, kind, asked_at: askedAt, expires_at: expiresAt } = request
    if (typeof id !== 'string' || typeof kind !== 'string') throw new Trouble({ why: 'stranger' })
    if (typeof askedAt !== 'number' || typeof expiresAt !== 'number') throw new Trouble({ why: 'stranger' })
    return { id, kind, askedAt: askedAt - serverTime + now, closesAt: expiresAt - serverTime + now }
  })
}

function mayStream(registration: string): boolean {
  const all = paired()
  const issuer = all.find(({ server }) => server.registration === registration)?.server.issuer
  const neighbours = all.filter(({ server }) => server.issuer === issuer && server.state !== 'removed')
  return neighbours.slice(0, streamsPerServer).some(({ server }) => server.registration === registration)
}

/** How long to wait after so many failures in a row: 1 s, doubling to a minute,
 *  scattered so that a server that comes back is not met by all at once. */
export function patience(failures: number, reason?: Reason): number {
  const least = reason?.why === 'busy' ? reason.after * 1000 : 0
  return Math.max(least, Math.min(60_000, 500 * 2 ** failures) * (0.75 + Math.random() / 2))
}

/** Waits, or until the app has a reason to look again. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const rouse = () => {
      clearTimeout(timer)
      sleepers.delete(rouse)
      signal.removeEventListener('abort', rouse)
      resolve()
    }
    const timer = setTimeout(rouse, ms)
    sleepers.add(rouse)
    signal.addEventListener('abort', rouse)
    if (signal.aborted) rouse()
  })
}
