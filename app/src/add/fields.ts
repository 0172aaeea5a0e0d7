/** The form for an account typed by hand: what stands in it, what is wrong with
 *  it, and the account it makes. */
import { decode, encode, flaw } from '../otp/base32'
import type { Algorithm, CodeType } from '../store/vault'
import { t } from '../words/words'
import type { Draft } from './account'

export type Fields = {
  issuer: string
  name: string
  secret: string
  type: CodeType
  algorithm: Algorithm
  digits: string
  period: string
  counter: string
}

/** What is wrong, in words, by field. */
export type Mistakes = Partial<Record<keyof Fields, string>>

export const blank: Fields = {
  issuer: '',
  name: '',
  secret: '',
  type: 'totp',
  algorithm: 'SHA1',
  digits: '6',
  period: '30',
  counter: '0',
}

export function fieldsOf(draft: Draft): Fields {
  return {
    ...draft,
    digits: String(draft.digits),
    period: String(draft.period || blank.period),
    counter: String(draft.counter),
  }
}

/** Everything that keeps this form from being an account. */
export function mistakesIn(fields: Fields): Mistakes {
  const all: Mistakes = {}
  if (!fields.issuer.trim() && !fields.name.trim()) all.issuer = t('app.manual.issuer.empty')
  const secret = secretMistake(fields.secret)
  if (secret !== undefined) all.secret = secret
  if (fields.type !== 'steam' && !whole(fields.digits, 4, 10)) all.digits = t('app.manual.digits.wrong')
  if (fields.type !== 'hotp' && !whole(fields.period, 1, 1_000_000_000)) all.period = t('app.manual.period.wrong')
  if (fields.type === 'hotp' && !whole(fields.counter, 0, Number.MAX_SAFE_INTEGER)) all.counter = t('app.manual.counter.wrong')
  return all
}

/** What is wrong with a key, precisely enough to find it on the page it came from. */
export function secretMistake(secret: string): string | undefined {
  const found = flaw(secret)
  switch (found?.why) {
    case 'empty':
      return t('app.manual.secret.empty')
    case 'symbol':
      return lookalike(found.symbol)
        ? t('app.manual.secret.lookalike', { symbol: found.symbol, at: found.at, meant: lookalike(found.symbol) })
        : t('app.manual.secret.symbol', { symbol: found.symbol, at: found.at })
    case 'length':
      return t('app.manual.secret.length')
  }
  return undefined
}

/** Base32 has no 0, 1 or 8, because they look like letters. */
function lookalike(symbol: string): string {
  return { '0': 'O', '1': 'I', '8': 'B' }[symbol] ?? ''
}

/** The account that a form without mistakes makes. */
export function draftFrom(fields: Fields): Draft {
  const { type } = fields
  return {
    type,
    issuer: fields.issuer.trim(),
    name: fields.name.trim(),
    secret: encode(decode(fields.secret)),
    algorithm: type === 'steam' ? 'SHA1' : fields.algorithm,
    digits: type === 'steam' ? 5 : Number(fields.digits),
    period: type === 'hotp' ? 0 : Number(fields.period),
    counter: type === 'hotp' ? Number(fields.counter) : 0,
  }
}

function whole(text: string, least: number, most: number): boolean {
  return /^\d{1,16}$/.test(text.trim()) && Number(text) >= least && Number(text) <= most
}
