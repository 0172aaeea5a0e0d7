import { describe, expect, test } from 'vitest'
import type { Reason } from '../remote/trouble'
import type { Seen } from './asked'
import { complete, empty, more, update, type Effect, type Message, type Model, type Outcome, type Waiting } from './model'

const first: Waiting = { registration: 'R1', id: 'A', kind: 'second', askedAt: 1000, closesAt: 61_000 }
const second: Waiting = { registration: 'R2', id: 'B', kind: 'second', askedAt: 2000, closesAt: 62_000 }
const test1: Waiting = { ...first, id: 'T', kind: 'test' }

function seen(of: Waiting, digits: 2 | 3 | 6 = 2): Seen {
  const asked = {
    id: of.id,
    kind: of.kind,
    nonce: 'N',
    app: 'Aoba Expenses',
    appHost: 'expenses.aoba.example',
    appVerified: true,
    person: 'tanaka@aoba.example',
    directory: 'Aoba Works',
    place: 'Osaka, Japan',
    ip: '192.0.2.7',
    browser: 'Chrome',
    system: 'Windows',
    known: true,
    askedAt: of.askedAt,
    expiresAt: of.closesAt,
    digits,
    correlation: 'CS-AAAA-BBBB',
    unlock: false,
  }
  return { asked, digest: new Uint8Array(32) }
}

function run(messages: Message[], from: Model = empty): { model: Model; effects: Effect[] } {
  let model = from
  const effects: Effect[] = []
  for (const message of messages) {
    const [next, wishes] = update(model, message)
    model = next
    effects.push(...wishes)
  }
  return { model, effects }
}

const ref = { registration: 'R1', id: 'A' }
const list: Message = { is: 'listed', registration: 'R1', waiting: [first] }
const fetched = (of: Waiting, digits?: 2 | 3 | 6): Message => ({
  is: 'fetched',
  ref: { registration: of.registration, id: of.id },
  seen: seen(of, digits),
  closesAt: of.closesAt,
})
const type = (digits: string): Message[] => [...digits].map((digit) => ({ is: 'digit', digit }))
const asking = run([list, fetched(first)]).model
const sending = run([...type('47'), { is: 'yes' }], asking).model

describe('a request arrives', () => {
  test('it opens by itself and is fetched', () => {
    const { model, effects } = run([list])
    expect(model.sheet).toEqual({ at: 'opening', ref })
    expect(effects).toEqual([{ do: 'fetch', ref }])
  })

  test('what was fetched is shown', () => {
    expect(asking.sheet).toMatchObject({ at: 'asking', typed: '', seen: seen(first) })
  })

  test('the oldest comes first', () => {
    const { model } = run([{ is: 'listed', registration: 'R1', waiting: [{ ...first, id: 'Z', askedAt: 500 }, first] }])
    expect(model.sheet?.ref.id).toBe('Z')
  })

  test.each<Reason>([{ why: 'offline' }, { why: 'unreachable' }, { why: 'busy', after: 3 }, { why: 'stranger' }])(
    'one that cannot be fetched says why ($why) and is fetched again on request',
    (reason) => {
      const { model } = run([list, { is: 'unfetched', ref, reason }])
      expect(model.sheet).toEqual({ at: 'opening', ref, trouble: reason })
      const again = run([{ is: 'again' }], model)
      expect(again.effects).toEqual([{ do: 'fetch', ref }])
      expect(again.model.sheet).toEqual({ at: 'opening', ref })
    },
  )
})

describe('the number pad', () => {
  test('Yes waits for all digits', () => {
    for (const digits of [2, 3, 6] as const) {
      let { model } = run([list, fetched(first, digits)])
      for (let n = 1; n < digits; n++) {
        model = run(type('4'), model).model
        expect(complete(model.sheet!)).toBe(false)
        expect(run([{ is: 'yes' }], model).effects).toEqual([])
      }
      const done = run(type('7'), model)
      expect(complete(done.model.sheet!)).toBe(true)
      expect(done.effects).toEqual([{ do: 'touch', how: 'full' }])
    }
  })

  test('takes no digit beyond the last, and nothing but digits', () => {
    expect(run(type('4x７a781'), asking).model.sheet).toMatchObject({ typed: '47' })
  })

  test('erases one digit, and nothing from nothing', () => {
    expect(run([...type('47'), { is: 'erased' }], asking).model.sheet).toMatchObject({ typed: '4' })
    expect(run([{ is: 'erased' }], asking).model.sheet).toMatchObject({ typed: '' })
  })

  test('Yes sends the number with what was seen', () => {
    const { effects } = run([...type('47'), { is: 'yes' }], asking)
    expect(effects.at(-1)).toEqual({ do: 'send', ref, seen: seen(first), decision: 'approve', number: '47' })
  })

  test('an impatient second Yes sends nothing', () => {
    expect(run([{ is: 'yes' }, ...type('1'), { is: 'erased' }, { is: 'no' }], sending)).toEqual({ model: sending, effects: [] })
  })
})

describe('No', () => {
  test('is there before any digit, and asks which No', () => {
    const { model, effects } = run([{ is: 'no' }], asking)
    expect(model.sheet).toMatchObject({ at: 'asking', refusing: true })
    expect(effects).toEqual([])
  })

  test.each(['deny', 'report'] as const)('%s goes out without a number', (decision) => {
    const { effects } = run([...type('47'), { is: 'no' }, { is: decision }], asking)
    expect(effects.at(-1)).toEqual({ do: 'send', ref, seen: seen(first), decision, number: '' })
  })

  test('while it asks, nothing can be approved', () => {
    const { effects } = run([...type('47'), { is: 'no' }, { is: 'yes' }], asking)
    expect(effects.filter((effect) => effect.do === 'send')).toEqual([])
  })

  test('back leads to the number pad, with what was typed', () => {
    expect(run([...type('4'), { is: 'no' }, { is: 'back' }], asking).model.sheet).toMatchObject({ refusing: false, typed: '4' })
  })

  test('without having been asked which No, there is none', () => {
    expect(run([{ is: 'report' }], asking).effects).toEqual([])
  })

  test('a test is denied at once', () => {
    const { effects } = run([
      { is: 'listed', registration: 'R1', waiting: [test1] },
      fetched(test1),
      { is: 'no' },
    ])
    expect(effects.at(-1)).toMatchObject({ do: 'send', decision: 'deny' })
  })
})

describe('outcomes', () => {
  const outcomes: Outcome[] = [
    { is: 'approved' },
    { is: 'denied' },
    { is: 'reported' },
    { is: 'wrong' },
    { is: 'other', app: 'Aoba Wiki' },
  ]
  test.each(outcomes)('$is ends the request', (outcome) => {
    const { model, effects } = run([{ is: 'answered', ref, outcome }], sending)
    expect(model.sheet).toEqual({ at: 'over', ref, seen: seen(first), outcome })
    expect(model.waiting).toEqual([])
    expect(effects).toContainEqual({ do: 'ended', ref, kind: 'second', outcome })
    expect(effects.some((effect) => effect.do === 'touch')).toBe(outcome.is === 'approved')
  })

  test.each<[Reason, Outcome]>([
    [{ why: 'closed', state: 'expired' }, { is: 'expired' }],
    [{ why: 'closed', state: 'replaced' }, { is: 'replaced' }],
    [{ why: 'closed', state: 'suspended' }, { is: 'suspended' }],
    [{ why: 'closed', state: 'answered_elsewhere' }, { is: 'elsewhere' }],
    [{ why: 'closed', state: 'denied' }, { is: 'elsewhere' }],
    [{ why: 'removed' }, { is: 'removed' }],
    [{ why: 'refused', code: 'gone_unknown', status: 404, detail: {} }, { is: 'gone' }],
  ])('an answer that comes too late: %o', (reason, outcome) => {
    const late = run([{ is: 'unsent', ref, reason }], sending)
    expect(late.model.sheet).toMatchObject({ at: 'over', outcome })
    const unseen = run([list, { is: 'unfetched', ref, reason }])
    expect(unseen.model.sheet).toEqual({ at: 'over', ref, outcome })
    expect(unseen.effects.at(-1)).toEqual({ do: 'ended', ref, kind: 'second', outcome })
  })

  test.each<Reason>([{ why: 'offline' }, { why: 'unreachable' }, { why: 'clock' }, { why: 'busy', after: 2 }])(
    'not sent ($why): what was typed stays, and Yes sends it again',
    (reason) => {
      const { model } = run([{ is: 'unsent', ref, reason }], sending)
      expect(model.sheet).toMatchObject({ at: 'asking', typed: '47', trouble: reason })
      expect(run([{ is: 'yes' }], model).effects.at(-1)).toMatchObject({ do: 'send', number: '47' })
      expect(run([{ is: 'erased' }], model).model.sheet).not.toHaveProperty('trouble')
    },
  )
})

describe('time', () => {
  test('a request expires under the finger: the next key does nothing', () => {
    const { model } = run([...type('47'), { is: 'tick', now: 61_000 }], asking)
    expect(model.sheet).toMatchObject({ at: 'over', outcome: { is: 'expired' } })
    expect(run([{ is: 'yes' }, ...type('1'), { is: 'no' }], model)).toEqual({ model, effects: [] })
  })

  test('it does not expire a moment early, nor while the answer is under way', () => {
    expect(run([{ is: 'tick', now: 60_999 }], asking).model).toBe(asking)
    expect(run([{ is: 'tick', now: 99_000 }], sending).model.sheet).toEqual(sending.sheet)
  })

  test('what waits in the list expires there', () => {
    const aside = run([{ is: 'closed' }], asking).model
    expect(run([{ is: 'tick', now: 61_000 }], aside).model.waiting).toEqual([])
  })
})

describe('two requests', () => {
  const both = run([{ is: 'listed', registration: 'R2', waiting: [second] }], asking).model

  test('a newer one never takes the place of the one on screen', () => {
    expect(both.sheet).toBe(asking.sheet)
    expect(more(both)).toBe(1)
    expect(run([{ is: 'opened', ref: { registration: 'R2', id: 'B' } }], both).model.sheet).toBe(asking.sheet)
  })

  test('an older one that turns up later does not either', () => {
    const older = { ...second, askedAt: 1 }
    const { model } = run([{ is: 'listed', registration: 'R2', waiting: [older] }], asking)
    expect(model.sheet?.ref.id).toBe('A')
  })

  test('what is typed stays when the list changes', () => {
    const typed = run([...type('4'), { is: 'listed', registration: 'R2', waiting: [second] }], asking).model
    expect(typed.sheet).toMatchObject({ typed: '4' })
  })

  test('the next comes up when the first is done', () => {
    const { model, effects } = run(
      [...type('47'), { is: 'yes' }, { is: 'answered', ref, outcome: { is: 'approved' } }, { is: 'closed' }],
      both,
    )
    expect(model.sheet).toEqual({ at: 'opening', ref: { registration: 'R2', id: 'B' } })
    expect(effects.at(-1)).toEqual({ do: 'fetch', ref: { registration: 'R2', id: 'B' } })
  })

  test('an answer about another request is not about this one', () => {
    const stray: Message[] = [
      { is: 'answered', ref: { registration: 'R2', id: 'B' }, outcome: { is: 'approved' } },
      { is: 'unsent', ref: { registration: 'R2', id: 'B' }, reason: { why: 'removed' } },
      fetched(second),
    ]
    expect(run(stray, both).model).toBe(both)
  })
})

describe('closed elsewhere', () => {
  test('a request that left the list is asked for, and its end is shown', () => {
    const gone = run([{ is: 'listed', registration: 'R1', waiting: [] }], asking)
    expect(gone.effects).toEqual([{ do: 'fetch', ref }])
    expect(gone.model.sheet).toBe(asking.sheet)
    const reason: Reason = { why: 'closed', state: 'answered_elsewhere' }
    const { model } = run([{ is: 'unfetched', ref, reason }], gone.model)
    expect(model.sheet).toMatchObject({ at: 'over', outcome: { is: 'elsewhere' } })
  })

  test('a list of another account says nothing about it', () => {
    expect(run([{ is: 'listed', registration: 'R2', waiting: [] }], asking).effects).toEqual([])
  })

  test('being told so by a failing network ends nothing', () => {
    const { model } = run([{ is: 'unfetched', ref, reason: { why: 'offline' } }], asking)
    expect(model).toBe(asking)
  })
})

describe('put aside', () => {
  const aside = run([{ is: 'closed' }], asking).model

  test('closing answers nothing and keeps the request in the list', () => {
    expect(aside.sheet).toBeUndefined()
    expect(aside.waiting).toEqual([first])
  })

  test('it does not open by itself again, but when it is chosen', () => {
    expect(run([list], aside).model.sheet).toBeUndefined()
    expect(run([{ is: 'opened', ref }], aside).model.sheet).toEqual({ at: 'opening', ref })
  })

  test('a sheet whose answer is under way cannot be closed', () => {
    expect(run([{ is: 'closed' }], sending).model).toBe(sending)
  })
})

test('when this phone turns out to be removed, nothing of that account waits any more', () => {
  const two = run([{ is: 'listed', registration: 'R1', waiting: [first, { ...second, registration: 'R1' }] }]).model
  const { model } = run([{ is: 'unfetched', ref, reason: { why: 'removed' } }], two)
  expect(model.waiting).toEqual([])
})

test('the requests of a forgotten registration go with it', () => {
  const aside = run([{ is: 'closed' }, { is: 'forgotten', registration: 'R1' }], asking).model
  expect(aside).toEqual(empty)
})
