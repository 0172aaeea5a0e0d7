import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import type { Language } from '../store/vault'
import { day, when } from './when'
import { fill, preferred, speak } from './words'

type Vectors = {
  messages: { lang: Language; message: string; values: Record<string, string | number>; want: string }[]
  times: { lang: Language; zone: string; at: string; now: string; when: string; day: string }[]
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))
}

const vectors = read('testdata/vectors/ui/text.json') as Vectors

describe('messages are filled as the vectors say', () => {
  test.each(vectors.messages)('$lang $message', ({ lang, message, values, want }) => {
    expect(fill(message, values, lang)).toBe(want)
  })
})

describe('times are said as the vectors say', () => {
  const { TZ } = process.env
  afterEach(() => {
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
  })

  test.each(vectors.times)('$lang $zone $at', (vector) => {
    process.env.TZ = vector.zone // this phone is there
    const words = read(`ui/messages/${vector.lang}/time.json`) as Record<string, string>
    speak(vector.lang, Object.fromEntries(Object.entries(words).map(([key, text]) => [`time.${key}`, text])))
    expect(when(new Date(vector.at), new Date(vector.now))).toBe(vector.when)
    expect(day(new Date(vector.at), new Date(vector.now))).toBe(vector.day)
  })
})

test('the choice of the person wins over the languages of the browser', () => {
  expect(preferred('ja')).toBe('ja')
  expect(preferred(undefined)).toBe('en')
})
