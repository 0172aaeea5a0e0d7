import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decode } from './base32'
import { readURI, Refused, type Said } from './uri'

type Case = {
  name: string
  uri: string
  error?: string
  kind: string
  issuer: string
  account: string
  secret_hex: string
  algorithm: string
  digits: number
  period: number
  counter: string
  pin?: string
  canonical: string
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../testdata/vectors/otp/uris.json', import.meta.url), 'utf8'),
) as { cases: Case[] }

function asVector(said: Said): Partial<Case> {
  return {
    kind: said.type,
    issuer: said.issuer,
    account: said.name,
    secret_hex: Buffer.from(decode(said.secret)).toString('hex'),
    algorithm: said.algorithm,
    digits: said.digits,
    period: said.period,
    counter: String(said.counter),
    ...(said.pin !== undefined && { pin: said.pin }),
  }
}

function refusal(uri: string): string {
  try {
    readURI(uri)
    return ''
  } catch (thrown) {
    return thrown instanceof Refused ? thrown.why : 'thrown'
  }
}

describe('URIs are read as the vectors say', () => {
  test.each(cases.filter((c) => c.error === undefined))('$name', (vector) => {
    const { name: _, uri, canonical, ...want } = vector
    expect(asVector(readURI(uri))).toEqual(want)
    expect(asVector(readURI(canonical))).toEqual(want)
  })
})

describe('URIs are refused for the reason the vectors say', () => {
  test.each(cases.filter((c) => c.error !== undefined))('$name', ({ uri, error }) => {
    expect(refusal(uri)).toBe(error)
  })
})
