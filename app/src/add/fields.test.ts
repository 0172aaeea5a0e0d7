import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { speak } from '../words/words'
import { blank, draftFrom, fieldsOf, mistakesIn, secretMistake } from './fields'

const good = { ...blank, issuer: ' Gitlane ', secret: 'gezd gnbv-gy3t qojq' }

beforeAll(() => {
  const words = JSON.parse(readFileSync(new URL('../../../ui/messages/en/app.json', import.meta.url), 'utf8')) as Record<string, string>
  speak('en', Object.fromEntries(Object.entries(words).map(([key, text]) => [`app.${key}`, text])))
})

test('a form as most sites want it makes an account', () => {
  expect(mistakesIn(good)).toEqual({})
  expect(draftFrom(good)).toEqual({
    type: 'totp',
    issuer: 'Gitlane',
    name: '',
    secret: 'GEZDGNBVGY3TQOJQ',
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    counter: 0,
  })
})

test('a wrong key says what is wrong and where', () => {
  expect(secretMistake('GEZ1')).toBe('“1” (character 4) can’t be in a key. Is it the letter I?')
  expect(secretMistake('GE0D')).toContain('the letter O?')
  expect(secretMistake('GE!')).toBe('“!” (character 3) can’t be in a key. Keys use A–Z and 2–7')
  expect(secretMistake('')).toBe('The key is missing')
  expect(secretMistake('GEZDGNBVG')).toContain('a character is missing or one too many')
  expect(secretMistake('GEZD GNBV')).toBeUndefined()
})

test('every mistake is named at its own field', () => {
  const wrong = { ...blank, digits: '3', period: '0', secret: '1' }
  expect(Object.keys(mistakesIn(wrong)).sort()).toEqual(['digits', 'issuer', 'period', 'secret'])
  expect(Object.keys(mistakesIn({ ...good, type: 'hotp', counter: '-1', period: 'x' }))).toEqual(['counter'])
  expect(mistakesIn({ ...good, type: 'steam', digits: 'x' })).toEqual({})
})

test('Steam and counters fix what they fix', () => {
  expect(draftFrom({ ...good, type: 'steam', algorithm: 'SHA512', digits: '8' })).toMatchObject({ algorithm: 'SHA1', digits: 5, period: 30 })
  expect(draftFrom({ ...good, type: 'hotp', counter: '7' })).toMatchObject({ period: 0, counter: 7 })
})

test('an account that is put into the form comes out again', () => {
  const draft = draftFrom({ ...good, name: 'mei', algorithm: 'SHA256', digits: '8', period: '60' })
  expect(draftFrom(fieldsOf(draft))).toEqual(draft)
})
