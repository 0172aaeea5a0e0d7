/** Approvals as the app lives them: what the model wishes is carried out here,
 *  by the network, the key and the screen. */
import { computed, effect } from '@preact/signals'
import { h } from 'preact'
import { base64url } from '../remote/bytes'
import { ask, bytes, type Door } from '../remote/door'
import type { Brief } from '../remote/live'
import { decideMessage, sign, type Decision, type PublicKey } from '../remote/message'
import { doorOf, markRemoved, ofRegistration, paired, sync } from '../remote/registrations'
import { calm } from '../remote/text'
import { reasonOf, Trouble } from '../remote/trouble'
import { openUnlock } from '../lock/unlock'
import { openSheet } from '../shell/router'
import { kinds, readAsked, triesPhone, type Kind } from './asked'
import type { Effect, Outcome, Ref } from './model'
import { ApprovalSheet } from './sheet'
import { deciding, dispatch, now, onWishes, pending } from './state'

/** What a server listed; kinds that this app does not know wait for a newer one. */
export function listed(registration: string, briefs: Brief[]): void {
  const waiting = briefs.filter((brief): brief is Brief & { kind: Kind } => kinds.some((kind) => kind === brief.kind))
  dispatch({ is: 'listed', registration, waiting: waiting.map((brief) => ({ registration, ...brief })) })
}

/** Who else wants to know how a request ended. */
type Ending = { ref: Ref; kind?: Kind; outcome: Outcome }
const endings: ((ending: Ending) => void)[] = []
export function onEnded(tell: (ending: Ending) => void): void {
  endings.push(tell)
}

onWishes((wishes) => {
  present()
  for (const wish of wishes) void perform(wish)
})

/** Lets time pass for what waits, four times a second. Called once. */
export function startApprovals(): void {
  const ticking = computed(() => deciding.value || pending.value.length > 0)
  effect(() => {
    if (!ticking.value) return
    const timer = setInterval(() => {
      now.value = Date.now()
      dispatch({ is: 'tick', now: now.value })
    }, 250)
    return () => clearInterval(timer)
  })
  effect(() => {
    const here = new Set(paired().map(({ server }) => server.registration))
    for (const { registration } of pending.value) {
      if (!here.has(registration)) queueMicrotask(() => dispatch({ is: 'forgotten', registration }))
    }
  })
}

let close: (() => void) | undefined

/** Keeps one sheet on the screen as long as the model has one. *Back* closes it
 *  without an answer; one that is being sent comes back. */
function present(): void {
  const wanted = deciding.peek()
  if (wanted && !close) {
    now.value = Date.now()
    close = openSheet({ draw: () => h(ApprovalSheet, {}), standing: true, closed: leftByPerson })
  } else if (!wanted && close) {
    const leave = close
    close = undefined
    leave()
  }
}

function leftByPerson(): void {
  if (!close) return // the model closed it
  close = undefined
  dispatch({ is: 'closed' })
}

async function perform(wish: Effect): Promise<void> {
  switch (wish.do) {
    case 'fetch':
      return fetchRequest(wish.ref)
    case 'send':
      return send(wish)
    case 'touch':
      navigator.vibrate?.(wish.how === 'full' ? 10 : 40)
      return
    case 'ended':
      return ended(wish)
  }
}

async function fetchRequest(ref: Ref): Promise<void> {
  try {
    const door = await doorOf(ref.registration)
    const body = await bytes(door, { method: 'GET', path: `/device/requests/${encodeURIComponent(ref.id)}` })
    const seen = await readAsked(ref.id, body)
    const known = pending.value.find(({ id }) => id === ref.id)?.closesAt
    dispatch({ is: 'fetched', ref, seen, closesAt: known ?? seen.asked.expiresAt - door.clock.now() + Date.now() })
  } catch (thrown) {
    dispatch({ is: 'unfetched', ref, reason: reasonOf(thrown) })
  }
}

/** The last signed answer: what may have reached the server is sent again to
 *  the byte, so that it is the same answer and not a second one. */
let last: { key: string; body: Record<string, unknown> } | undefined

async function send(wish: Effect & { do: 'send' }): Promise<void> {
  const { ref } = wish
  try {
    const door = await doorOf(ref.registration)
    const key = [ref.registration, ref.id, wish.decision, wish.number].join(' ')
    if (last?.key !== key) last = { key, body: await signed(wish, door) }
    const path = `/device/requests/${encodeURIComponent(ref.id)}/decision`
    const answer = await ask(door, { method: 'POST', path, body: last.body })
    dispatch({ is: 'answered', ref, outcome: readOutcome(answer) })
  } catch (thrown) {
    dispatch({ is: 'unsent', ref, reason: reasonOf(thrown) })
  }
}

async function signed(wish: Effect & { do: 'send' }, { issuer, key, clock }: Door) {
  const { ref, seen, decision, number } = wish
  const { kind, unlock } = seen.asked
  const opened = unlock && decision === 'approve' ? await openUnlock(ref.registration, triesPhone(kind)) : undefined
  const brought: PublicKey | undefined = opened && triesPhone(kind) ? { kty: 'EC', crv: 'P-256', x: opened.x, y: opened.y } : undefined
  const whole: Decision = {
    issuer,
    registration: ref.registration,
    request: ref.id,
    nonce: seen.asked.nonce,
    kind,
    decision,
    number,
    digest: seen.digest,
    at: Math.round(clock.now()),
    ...(brought && { unlockKey: brought }),
  }
  const message = decideMessage(whole)
  const signature = base64url(await sign(key, message))
  return {
    decision,
    number,
    digest: base64url(seen.digest),
    at: whole.at,
    signature,
    ...(brought && { unlock_key: brought }),
    ...(opened && { unlock_signature: await opened.sign(message) }),
  }
}

function readOutcome(answer: unknown): Outcome {
  const { outcome, other_app: app } = (answer ?? {}) as Record<string, unknown>
  switch (outcome) {
    case 'approved':
    case 'denied':
    case 'reported':
      return { is: outcome }
    case 'wrong_number':
      return { is: 'wrong' }
    case 'other_request':
      return { is: 'other', app: calm(typeof app === 'string' ? app : '') }
  }
  throw new Trouble({ why: 'stranger' })
}

async function ended(ending: Effect & { do: 'ended' }): Promise<void> {
  const { registration } = ending.ref
  if (ending.outcome.is === 'removed' && ofRegistration(registration)) await markRemoved(registration)
  for (const tell of endings) tell(ending)
  if (ending.kind && triesPhone(ending.kind) && ending.outcome.is === 'approved') await sync(registration).catch(() => undefined)
}
