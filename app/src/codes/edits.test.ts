import { beforeAll, expect, test } from 'vitest'
import { exampleEntry, examplePaired } from '../../build/examples'
import words from '../../../ui/messages/en/app.json'
import type { Revision } from '../core/ops'
import { emptyVault } from '../store/vault'
import { speak } from '../words/words'
import { editOf, tagsIn } from './edits'
import { chosenMark, iconOf, lettersOf, tintOf } from './mark'
import { neighbours, withMove } from './moving'
import { backTo, stepsOf } from './past'

beforeAll(() => {
  speak('en', Object.fromEntries(Object.entries(words).map(([key, text]) => [`app.${key}`, text])))
})

test('tags are parted by commas, those of Japanese too, and named once', () => {
  expect(tagsIn(' money, 家、club，money ,, ')).toEqual(['money', '家', 'club'])
})

test('an edit says what changed and nothing else', () => {
  const entry = exampleEntry({ tags: ['a'], icon: 'mark:sea:' })
  const same = { issuer: 'Gitlane', name: 'mei ', note: '', tags: 'a', letters: '', tint: 'sea' }
  expect(editOf(entry, same)).toEqual({ id: 'a' })
  expect(editOf(entry, { ...same, name: 'lena', tags: 'a, b', tint: '', letters: 'GL' })).toEqual({ id: 'a', name: 'lena', tags: ['a', 'b'], icon: 'mark::GL' })
  expect(editOf(examplePaired('https://a.example'), { ...same, issuer: 'Mine' })).not.toHaveProperty('issuer')
})

test('a picture is what was chosen, or follows from the name', () => {
  expect(iconOf({})).toBe('')
  expect(chosenMark('mark:sea:a:b')).toEqual({ tint: 'sea', letters: 'a:b' })
  for (const foreign of ['aegis:github', 'mark:neon:', undefined]) {
    expect(lettersOf({ issuer: 'gitlane', name: '', ...(foreign && { icon: foreign }) })).toBe('G')
    expect(tintOf({ issuer: 'gitlane', name: '', ...(foreign && { icon: foreign }) })).toBe(tintOf({ issuer: 'gitlane', name: '' }))
  }
})

test('the history says what people did, the latest first, and leads back', () => {
  const first = exampleEntry()
  const at = (n: number, changed: Partial<typeof first>): Revision => ({ account: { ...first, ...changed }, at: n, device: '' })
  const steps = stepsOf([at(4, { issuer: 'Gitlane Works', note: 'n', counter: 9 }), at(3, { issuer: 'Gitlane Works', note: 'n' }), at(2, { note: 'n' }), at(1, {})])
  expect(steps.map(({ words: said }) => said)).toEqual([['Renamed from “Gitlane (mei)” to “Gitlane Works (mei)”'], ['Note changed'], ['Added']])
  expect(backTo({ ...first, issuer: 'Gitlane Works', note: 'n' }, first)).toEqual({ id: 'a', issuer: 'Gitlane', note: '' })
})

test('an account moves among its own: of its kind, and pinned like it', () => {
  const entries = [
    exampleEntry({ id: 'p', order: 1, pinned: true }),
    exampleEntry({ id: 'w', order: 2, kind: 'work' }),
    exampleEntry({ id: 'a', order: 3 }),
    exampleEntry({ id: 'b', order: 4 }),
  ]
  const vault = { ...emptyVault(), entries }
  expect(neighbours(vault, 'p')).toEqual({})
  expect(neighbours(vault, 'a')).toEqual({ down: 'b' })
  expect(neighbours(vault, 'b')).toEqual({ up: 'w' }) // below what stands above "a"
  const moved = withMove(entries, { id: 'b', above: 'w' }).sort((a, b) => a.order - b.order)
  expect(moved.map(({ id }) => id)).toEqual(['p', 'w', 'b', 'a'])
  expect(withMove(entries, { id: 'p', above: '' })[0]?.id).toBe('p')
  expect(moved.filter(({ id }) => id !== 'b')).toEqual([entries[0], entries[1], entries[2]])
  expect(moved[0]).toBe(entries[0]) // the others are the very objects that they were
  const level = entries.map((entry) => ({ ...entry, order: 0 }))
  expect(withMove(level, { id: 'b', above: 'p' }).map(({ id }) => id)).toEqual(['p', 'b', 'w', 'a'])
})
