import { expect, test } from 'vitest'
import { exampleEntry, examplePaired } from '../../build/examples'
import vectors from '../../../testdata/vectors/search/fold.json'
import { fold, search } from './search'

test('texts are alike for the app that are alike for the core', () => {
  for (const { text, folded } of vectors) expect(fold(text), text).toBe(folded)
})

test('every word of a query stands somewhere in what is found: names, note, tags, host', () => {
  const entries = [
    exampleEntry({ id: 'a', issuer: 'くもメール', name: 'mei', tags: ['家'] }),
    exampleEntry({ id: 'b', issuer: 'Gitlane', name: 'mei', note: 'at work' }),
    examplePaired('https://id.aoba.example'),
  ]
  const ids = (query: string) => search(entries, query).map(({ id }) => id)
  expect(ids('')).toEqual(['a', 'b', 'https://id.aoba.example'])
  expect(ids('  MEI  work git')).toEqual(['b'])
  expect(ids('ｸﾓ 家')).toEqual(['a'])
  expect(ids('id.aoba')).toEqual(['https://id.aoba.example'])
  expect(ids('mei nobody')).toEqual([])
})
