import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { utf8, type Bytes } from '../remote/bytes'
import { codeOf, messageOf, readMeeting } from './meeting'

const vectors = JSON.parse(readFileSync(new URL('../../../testdata/vectors/move/meeting.json', import.meta.url), 'utf8')) as {
  codes: { invitation: string; code: string }[]
  messages: { name: string; message: string; server?: string; code?: string }[]
}

const fromBase64 = (text: string): Bytes => new Uint8Array(Buffer.from(text, 'base64'))

test.each(vectors.codes)('an invitation has the code $code', async ({ invitation, code }) => {
  expect(await codeOf(fromBase64(invitation))).toBe(code)
})

test.each(vectors.messages)('what was scanned: $name', ({ message, server, code }) => {
  expect(readMeeting(fromBase64(message))).toEqual(server ? { server, code } : undefined)
})

test('what is shown is read', async () => {
  const meeting = { server: 'https://id.example.org', code: await codeOf(utf8('invitation')) }
  expect(readMeeting(messageOf(meeting))).toEqual(meeting)
})
