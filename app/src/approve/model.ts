/** The approval sheet as a pure function: what happened goes in, the next state
 *  and what shall be done about it come out. Nothing here touches the network,
 *  the clock or the page. */
import type { Verdict } from '../remote/message'
import type { Reason } from '../remote/trouble'
import type { Kind, Seen } from './asked'

/** One request, and the registration it was sent to. */
export type Ref = { registration: string; id: string }

/** A request that waits, as the server lists it. Times are milliseconds since
 *  1970 by the clock of this device. */
export type Waiting = Ref & { kind: Kind; askedAt: number; closesAt: number }

/** How a request ended. `elsewhere`: another phone answered. `replaced`: the
 *  page asked for a new number. `suspended`: the person cannot sign in now. `gone`:
 *  the server knows no such request. */
export type Outcome =
  | { is: 'approved' | 'denied' | 'reported' | 'wrong' | 'elsewhere' | 'replaced' | 'expired' | 'suspended' | 'removed' | 'gone' }
  | { is: 'other'; app: string }

/** What is on screen. `trouble` is why the last try brought nothing; what was
 *  typed stays. `refusing` asks what kind of No it is. */
export type Sheet =
  | { at: 'opening'; ref: Ref; trouble?: Reason }
  | (Asking & { at: 'asking' })
  | (Asking & { at: 'sending'; decision: Verdict })
  | { at: 'over'; ref: Ref; seen?: Seen; outcome: Outcome }

type Open = Exclude<Sheet, { at: 'over' }>

type Asking = {
  ref: Ref
  seen: Seen
  closesAt: number
  typed: string
  refusing: boolean
  trouble?: Reason
}

/** `aside` are the requests a person closed without an answer: they stay in
 *  the list and do not open by themselves again. */
export type Model = { waiting: Waiting[]; aside: string[]; sheet?: Sheet }

export type Message =
  | { is: 'listed'; registration: string; waiting: Waiting[] }
  | { is: 'forgotten'; registration: string }
  | { is: 'opened'; ref: Ref }
  | { is: 'fetched'; ref: Ref; seen: Seen; closesAt: number }
  | { is: 'unfetched'; ref: Ref; reason: Reason }
  | { is: 'digit'; digit: string }
  | { is: 'erased' | 'yes' | 'no' | 'back' | 'deny' | 'report' | 'again' | 'closed' }
  | { is: 'answered'; ref: Ref; outcome: Outcome }
  | { is: 'unsent'; ref: Ref; reason: Reason }
  | { is: 'tick'; now: number }

export type Effect =
  | { do: 'fetch'; ref: Ref }
  | { do: 'send'; ref: Ref; seen: Seen; decision: Verdict; number: string }
  | { do: 'touch'; how: 'full' | 'approved' }
  | { do: 'ended'; ref: Ref; kind?: Kind; outcome: Outcome }

export const empty: Model = { waiting: [], aside: [] }

/** The next state, and what to do. */
export function update(model: Model, message: Message): [Model, Effect[]] {
  switch (message.is) {
    case 'listed':
      return listed(model, message.registration, message.waiting)
    case 'forgotten':
      return listed(model, message.registration, [])
    case 'opened':
      return opened(model, message.ref)
    case 'tick':
      return tick(model, message.now)
    case 'closed':
      return closed(model)
    default:
      return model.sheet ? onSheet(model, model.sheet, message) : [model, []]
  }
}

/** How many wait beside the one on screen. */
export function more(model: Model): number {
  return model.waiting.filter(({ id }) => id !== model.sheet?.ref.id).length
}

/** Whether Yes may be pressed: all digits are there and nothing is under way. */
export function complete(sheet: Sheet): boolean {
  return sheet.at === 'asking' && sheet.typed.length === sheet.seen.asked.digits
}

type OnSheet = Exclude<Message, { is: 'listed' | 'forgotten' | 'opened' | 'tick' | 'closed' }>

function onSheet(model: Model, sheet: Sheet, message: OnSheet): [Model, Effect[]] {
  if ('ref' in message) {
    return message.ref.id === sheet.ref.id ? onAnswer(model, sheet, message) : [model, []]
  }
  if (message.is === 'again') return again(model, sheet)
  return sheet.at === 'asking' ? onKey(model, sheet, message) : [model, []]
}

/** A key or a button, while a request is open under the finger. */
function onKey(model: Model, sheet: Asking & { at: 'asking' }, message: OnSheet): [Model, Effect[]] {
  switch (message.is) {
    case 'digit':
      return digit(model, sheet, message.digit)
    case 'erased':
      return [{ ...model, sheet: { ...calmed(sheet), typed: sheet.typed.slice(0, -1) } }, []]
    case 'yes':
      return complete(sheet) && !sheet.refusing ? send(model, sheet, 'approve') : [model, []]
    case 'no':
      return sheet.seen.asked.kind === 'test'
        ? send(model, sheet, 'deny')
        : [{ ...model, sheet: { ...calmed(sheet), refusing: true } }, []]
    case 'back':
      return [{ ...model, sheet: { ...calmed(sheet), refusing: false } }, []]
    case 'deny':
    case 'report':
      return sheet.refusing ? send(model, sheet, message.is) : [model, []]
    default:
      return [model, []]
  }
}

function digit(model: Model, sheet: Asking & { at: 'asking' }, pressed: string): [Model, Effect[]] {
  if (!/^[0-9]$/.test(pressed) || sheet.refusing || complete(sheet)) return [model, []]
  const next: Sheet = { ...calmed(sheet), typed: sheet.typed + pressed }
  return [{ ...model, sheet: next }, complete(next) ? [{ do: 'touch', how: 'full' }] : []]
}

function send(model: Model, sheet: Asking & { at: 'asking' }, decision: Verdict): [Model, Effect[]] {
  const number = decision === 'approve' ? sheet.typed : ''
  return [
    { ...model, sheet: { ...calmed(sheet), at: 'sending', decision } },
    [{ do: 'send', ref: sheet.ref, seen: sheet.seen, decision, number }],
  ]
}

/** The network came back with something about the request on screen. */
function onAnswer(model: Model, sheet: Sheet, message: Extract<OnSheet, { ref: Ref }>): [Model, Effect[]] {
  if (sheet.at === 'over') return [model, []]
  const { ref } = message
  switch (message.is) {
    case 'fetched': {
      if (sheet.at !== 'opening') return [model, []]
      const { seen, closesAt } = message
      return [{ ...model, sheet: { at: 'asking', ref, seen, closesAt, typed: '', refusing: false } }, []]
    }
    case 'unfetched':
    case 'unsent':
      return failed(model, sheet, message.reason)
    case 'answered':
      return over(model, sheet, message.outcome)
  }
}

/** A call failed. If that says that the request is over, so it is; a sheet that
 *  waits for the call says why; one that is being typed into goes on. */
function failed(model: Model, sheet: Open, trouble: Reason): [Model, Effect[]] {
  const outcome = ended(trouble)
  if (outcome) return over(model, sheet, outcome)
  if (sheet.at === 'opening') return [{ ...model, sheet: { ...sheet, trouble } }, []]
  return [sheet.at === 'sending' ? { ...model, sheet: stillAsking(sheet, trouble) } : model, []]
}

/** Ends of a request that a server tells by their own words. */
const told = ['expired', 'replaced', 'suspended'] as const

/** Whether a failed call says that the request is over, and how it ended. */
function ended(reason: Reason): Outcome | undefined {
  if (reason.why === 'removed') return { is: 'removed' }
  if (reason.why === 'refused' && reason.status === 404) return { is: 'gone' }
  if (reason.why !== 'closed') return undefined
  return { is: told.find((known) => known === reason.state) ?? 'elsewhere' }
}

function over(model: Model, sheet: Open, outcome: Outcome): [Model, Effect[]] {
  const { ref } = sheet
  const seen = sheet.at === 'opening' ? undefined : sheet.seen
  const gone = (one: Waiting) => one.id === ref.id || (outcome.is === 'removed' && one.registration === ref.registration)
  const waiting = model.waiting.filter((one) => !gone(one))
  const kind = seen?.asked.kind ?? model.waiting.find(({ id }) => id === ref.id)?.kind
  const effects: Effect[] = [{ do: 'ended', ref, outcome, ...(kind && { kind }) }]
  if (outcome.is === 'approved') effects.unshift({ do: 'touch', how: 'approved' })
  return [{ ...model, waiting, sheet: { at: 'over', ref, outcome, ...(seen && { seen }) } }, effects]
}

/** The list of one registration, anew. It never takes the place of what is on
 *  screen: a sheet whose request left the list asks the server how it ended. */
function listed(model: Model, registration: string, fresh: Waiting[]): [Model, Effect[]] {
  const others = model.waiting.filter((one) => one.registration !== registration)
  const waiting = [...others, ...fresh].sort((a, b) => a.askedAt - b.askedAt || (a.id < b.id ? -1 : 1))
  const aside = model.aside.filter((id) => waiting.some((one) => one.id === id))
  const next = { ...model, waiting, aside }
  const { sheet } = model
  if (!sheet) return nextOpen(next)
  const left = sheet.ref.registration === registration && !fresh.some(({ id }) => id === sheet.ref.id)
  return [next, left && sheet.at === 'asking' ? [{ do: 'fetch', ref: sheet.ref }] : []]
}

/** Opens the oldest request that nobody put aside. */
function nextOpen(model: Model): [Model, Effect[]] {
  const first = model.waiting.find(({ id }) => !model.aside.includes(id))
  return first ? opened(model, { registration: first.registration, id: first.id }) : [model, []]
}

/** A person chose a request, or a notification did. One that is being answered
 *  stays; the chosen one waits. */
function opened(model: Model, ref: Ref): [Model, Effect[]] {
  if (model.sheet && model.sheet.at !== 'over') return [model, []]
  return [{ ...model, sheet: { at: 'opening', ref } }, [{ do: 'fetch', ref }]]
}

function again(model: Model, sheet: Sheet): [Model, Effect[]] {
  if (sheet.at !== 'opening' || !sheet.trouble) return [model, []]
  return [{ ...model, sheet: { at: 'opening', ref: sheet.ref } }, [{ do: 'fetch', ref: sheet.ref }]]
}

/** The sheet was closed. Without an answer the request goes to the list; after
 *  one, the next that waits comes up. */
function closed(model: Model): [Model, Effect[]] {
  const { sheet, ...rest } = model
  if (!sheet || sheet.at === 'sending') return [model, []]
  if (sheet.at === 'over') return nextOpen(rest)
  return [{ ...rest, aside: [...new Set([...rest.aside, sheet.ref.id])] }, []]
}

/** Time passes. An answer under way is the server's to judge. */
function tick(model: Model, now: number): [Model, Effect[]] {
  const waiting = model.waiting.filter(({ closesAt }) => closesAt > now)
  const next = waiting.length === model.waiting.length ? model : { ...model, waiting }
  const { sheet } = next
  if (sheet?.at !== 'asking' || sheet.closesAt > now) return [next, []]
  return over(next, sheet, { is: 'expired' })
}

function calmed<T extends Asking>(sheet: T): T {
  const { trouble: _, ...rest } = sheet
  return rest as T
}

function stillAsking(sheet: Asking & { at: 'sending'; decision: Verdict }, trouble: Reason): Sheet {
  const { decision: _, ...rest } = sheet
  return { ...rest, at: 'asking', trouble }
}
