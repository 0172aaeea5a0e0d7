import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { utf8, type Bytes } from '../remote/bytes'
import { groupCode } from '../pair/code'
import { codeOf, messageOf, readMeeting, typedCode } from './meeting'

const vectors = JSON.parse(readFileSync(new URL('../../../testdata/vectors/move/meeting.json', import.meta.url), 'utf8')) as {
  codes: { invitation: string; code: string }[]
  messages: { name: string; message: string; server?: string; code?: string }[]
}

const fromBase64 = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64'))

test.each(vectors.codes)('an invitation has the code $code', async ({ invitation, code }) => {
  expect(await codeOf(fromBase64(invitation))).toBe(code)
})

test.each(vectors.codes)('as it is shown it is typed: $code', ({ code }) => {
  expect(typedCode(` ${groupCode(code).toLowerCase()} `)).toEqual({ ok: true, code })
  expect(typedCode(code.slice(1))).toMatchObject({ ok: false, why: 'short' })
  expect(typedCode(`${code}0`)).toMatchObject({ ok: false, why: 'long' })
  for (let i = 0; i < code.length; i++) {
    const other = code[i] === '0' ? '1' : '0'
    expect(typedCode(code.slice(0, i) + other + code.slice(i + 1))).toMatchObject({ ok: false, why: 'mistyped' })
  }
})

test.each(vectors.messages)('what was scanned: $name', ({ message, server, code }) => {
  expect(readMeeting(fromBase64(message))).toEqual(server ? { server, code } : undefined)
})

test('what is shown is read', async () => {
  const meeting = { server: 'https://id.example.org', code: await codeOf(utf8('invitation')) }
  expect(readMeeting(messageOf(meeting))).toEqual(meeting)
})
