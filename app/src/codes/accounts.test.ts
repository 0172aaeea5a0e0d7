import { beforeAll, expect, test } from 'vitest'
import { exampleEntry, examplePaired } from '../../build/examples'
import words from '../../../ui/messages/en/app.json'
import type { Draw } from '../start/draw'
import { emptyVault, type Entry } from '../store/vault'
import { fill, speak } from '../words/words'
import { drawAccounts, drawGroups, sorted, type Filter, type Rows } from './accounts'
import { readDial } from './dial'
import { groups, spoken } from './numerals'
import { revealed } from './revealed'
import { search } from './search'

/** Draws words only: what somebody who listens would hear. */
const heard: Draw<string> = (tag, props, ...children) => {
  if (props?.['aria-hidden'] === 'true') return ''
  const name = tag === 'button' || tag === 'svg' ? props?.['aria-label'] : undefined // instead of what is in it
  return name !== undefined ? String(name) : children.filter((child) => child !== null).join(' ').replace(/\s+/g, ' ').trim()
}

const entry = (id: string, issuer: string, changed: Partial<Entry> = {}) =>
  exampleEntry({ id, issuer, name: `${id}@example`, ...changed })

const entries = [
  entry('k', 'くもメール', { order: 1 }),
  entry('g', 'Gitlane', { order: 2, note: 'at work' }),
  entry('h', 'Hinata Bank', { order: 3, pinned: true, tags: ['money'] }),
  entry('w', 'Aoba', { order: 4, kind: 'work', type: 'hotp' }),
]

const everything: Rows = { personal: [0, 9], work: [0, 9], other: [0, 9], columns: 1 }

async function listen(query: string, filter: Filter = 'all', settings = {}): Promise<string> {
  const empty = emptyVault()
  const vault = { ...empty, entries, settings: { ...empty.settings, ...settings } }
  const dial = await readDial(vault, 1_800_000_000_000)
  const found = search(sorted(vault.entries), query)
  const rows = { vault, dial, rows: everything }
  return drawAccounts(heard, { vault, query, found, filter, notes: [] }, (shown) => drawGroups(heard, shown, rows))
}

beforeAll(() => {
  speak('en', Object.fromEntries(Object.entries(words).map(([key, text]) => [`app.${key}`, text])))
})

test('pinned accounts come first, then the order of the person', () => {
  expect(sorted(entries).map(({ id }) => id)).toEqual(['h', 'k', 'g', 'w'])
})

test('searching finds any word anywhere, whatever its case, width or kana', async () => {
  for (const query of ['GITL', 'work gitlane', 'ｇｉｔ', 'g@example']) expect(await listen(query)).toContain('Gitlane')
  for (const query of ['くも', 'クモ', 'ｸﾓ']) expect(await listen(query)).toContain('くもメール')
  expect(await listen('gitlane bank')).toContain('No account matches “gitlane bank”.')
})

test('a filter shows one kind and says how many there are of each', async () => {
  const screen = await listen('', 'work')
  expect(screen).toContain('All 4')
  expect(screen).toContain('Aoba')
  expect(screen).not.toContain('Gitlane')
})

test('a tag is a chip of its own', async () => {
  expect(await listen('')).toContain('money 1')
  const screen = await listen('', '#money')
  expect(screen).toContain('Hinata Bank')
  expect(screen).not.toContain('Copy code for Gitlane')
})

test('hidden codes are neither shown nor said until they are touched', async () => {
  const hidden = await listen('gitlane', 'all', { hideCodes: true })
  expect(hidden).toContain('Show code for Gitlane')
  expect(hidden).not.toMatch(/(\d ){5}\d/)
  revealed.add('g')
  expect(await listen('gitlane', 'all', { hideCodes: true })).toMatch(/Copy code for Gitlane (\d ){5}\d/)
  revealed.clear()
})

test('a code is read out digit by digit, with the name of its account', async () => {
  expect(await listen('gitlane')).toMatch(/Copy code for Gitlane (\d ){5}\d/)
})

test('codes stand in the groups people read them in', () => {
  expect(groups('123456')).toEqual(['123', '456'])
  expect(groups('12345678')).toEqual(['1234', '5678'])
  expect(groups('1234567890')).toEqual(['123', '456', '7890'])
  expect(groups('BDK26')).toEqual(['BDK26'])
  expect(spoken('482913')).toBe('4 8 2 9 1 3')
})

test('names of accounts are text and nothing else', () => {
  expect(fill('Copy code for {name}', { name: '{n, plural, other {x}}<b>' }, 'en')).toBe('Copy code for {n, plural, other {x}}<b>')
})

test('an account that was suspended says so in place of a code, and whose it is', async () => {
  const empty = emptyVault()
  const mine = { ...examplePaired('https://id.aoba.example', { state: 'suspended' }), issuer: 'My job', name: 'mei@aoba.example' }
  const vault = { ...empty, entries: [mine] }
  const dial = await readDial(vault, 1_800_000_000_000)
  const rows = { vault, dial, rows: everything }
  const said = drawAccounts(heard, { vault, query: '', found: vault.entries, filter: 'all', notes: [] }, (shown) => drawGroups(heard, shown, rows))
  expect(said).toContain('My job Aoba Works · mei@aoba.example')
  expect(said).toContain('Suspended')
  expect(dial.faces.size).toBe(0)
})
