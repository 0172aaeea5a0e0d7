/** One visit to the import: from what the person hands over, by way of a
 *  password and a preview, to accounts that are here. The core does the work;
 *  what it has read stays with it until the visit is over. */
import { effect, signal, type ReadonlySignal } from '@preact/signals'
import type { Choice, Found, Receipt, Refusal } from '../core/core'
import { loadCore } from '../core/plug'
import { route } from '../shell/router'
import { guard } from '../shell/trouble'
import { t } from '../words/words'
import { isPicture, readPictures } from './pictures'
import { say, troubleOf, type Trouble, wrongPassword } from './said'

/** What a password is for, and what opening the file takes. */
export type Lock = NonNullable<Refusal['hint']>

export type Step =
  | { at: 'choose'; trouble?: Trouble }
  /** At work, `sealed` on a password; `total` is 0 as long as nobody knows. */
  | { at: 'work'; sealed: boolean; done: number; total: number }
  /** `tried` is what was typed the last time. */
  | { at: 'password'; lock: Lock; tried?: string; wrong?: string }
  | { at: 'preview'; found: Found; trouble?: Trouble }
  | { at: 'done'; receipt: Receipt; when: number }

/** No file is larger; the core says so too, but this need not be read first. */
export const maxFile = 16 << 20

const now = signal<Step>({ at: 'choose' })
const chosen = signal<ReadonlyMap<number, Choice>>(new Map())
const typed = signal<ReadonlyMap<number, string>>(new Map())
const wrong = signal<number | undefined>(undefined)

export const step: ReadonlySignal<Step> = now

/** What was chosen otherwise, by the place of the account in the file. */
export const choices: ReadonlySignal<ReadonlyMap<number, Choice>> = chosen

/** PINs that were typed, by the place of the problem. */
export const pins: ReadonlySignal<ReadonlyMap<number, string>> = typed

/** The problem whose PIN was refused. */
export const wrongPin: ReadonlySignal<number | undefined> = wrong

let file: Uint8Array<ArrayBuffer> | undefined
let lock: Lock | undefined
let tried: string | undefined
let work = new AbortController()
/** Codes of one export of Google Authenticator come one after the other. */
let collecting = false
/** What the core has read and holds. */
let found: Found | undefined
let watching: (() => void) | undefined

/** Leaving the import forgets what was read. */
function watch(): void {
  watching ??= effect(() => {
    const [first, second] = route.value.path
    if (first !== 'files' || (second !== 'import' && second !== 'scan')) queueMicrotask(leave)
  })
}

function leave(): void {
  watching?.()
  watching = undefined
  startOver()
}

/** Forgets everything, here and in the core. */
export function startOver(trouble?: Trouble): void {
  work.abort()
  file = undefined
  lock = undefined
  tried = undefined
  collecting = false
  now.value = { at: 'choose', ...(trouble && { trouble }) }
  const held = found !== undefined
  found = undefined
  if (held) void loadCore().then((core) => core.ask('forget', {}).catch(() => undefined)) // nothing to forget then
}

function preview(what: Found): void {
  found = what
  tried = undefined
  chosen.value = new Map()
  typed.value = new Map()
  wrong.value = undefined
  now.value = { at: 'preview', found }
}

/** Takes files that were chosen, dropped or pasted: one file, or pictures. */
export async function takeFiles(files: File[]): Promise<void> {
  watch()
  if (files.length === 0) return
  if (files.some(({ size }) => size > maxFile)) return refuse({ title: t('files.trouble.title'), text: say('transfer.error.too_large') })
  const pictures = await Promise.all(files.map(isPicture))
  if (pictures.every(Boolean)) return takePictures(files)
  const [only] = files
  if (!only || files.length > 1) return refuse({ title: t('files.trouble.title'), text: t('files.choose.several') })
  const bytes = await only.arrayBuffer().catch(() => undefined) // gone since, or not ours to read
  if (!bytes) return refuse({ title: t('files.trouble.title'), text: t('files.trouble.failed') })
  return takeBytes(new Uint8Array(bytes))
}

/** Says what was wrong with something new; codes that were collected stay. */
function refuse(trouble: Trouble): void {
  now.value = collecting && found ? { at: 'preview', found, trouble } : { at: 'choose', trouble }
}

async function takePictures(files: File[]): Promise<void> {
  busy()
  const seen = await readPictures(files)
  const blank = seen.find(({ text }) => text === undefined)
  if (blank) return refuse({ title: t('files.trouble.title'), text: blank.why })
  await takeTexts(seen.map(({ text = '' }) => text))
}

/** Codes of Google Authenticator are collected; anything else is a file of lines. */
async function takeTexts(texts: string[]): Promise<void> {
  if (!texts.every(isMigration)) return takeText(texts.join('\n'))
  for (const text of texts) {
    const trouble = await scanned(text)
    if (trouble) return refuse(trouble)
  }
}

export function isMigration(text: string): boolean {
  return /^\s*otpauth-migration:/i.test(text)
}

/** Takes a text that was pasted or scanned. */
export function takeText(text: string): Promise<void> {
  watch()
  return takeBytes(new TextEncoder().encode(text))
}

async function takeBytes(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  file = bytes
  lock = undefined
  tried = undefined
  collecting = false
  await read()
}

/** Opens the file with a password. */
export async function open(password: string): Promise<void> {
  tried = password
  await read(password)
}

/** Ends work on a password: it is asked for again. */
export function cancel(): void {
  work.abort()
}

function busy(): AbortSignal {
  work.abort()
  work = new AbortController()
  now.value = { at: 'work', sealed: lock !== undefined, done: 0, total: 0 }
  return work.signal
}

/** Opens a file of age with its passphrase: what was in it is the file from then
 *  on, and may have a password of its own. */
async function unseal(password: string, mine: AbortSignal): Promise<void> {
  if (!file) return
  const core = await loadCore()
  const { file: text } = await core.sealed('unseal', { password }, { bytes: file.slice(), signal: mine })
  if (!text || mine.aborted) return
  file = text as Uint8Array<ArrayBuffer>
  lock = undefined
  tried = undefined
}

async function read(password?: string): Promise<void> {
  if (!file) return
  const mine = busy()
  const told = (done: number, total: number) => {
    if (!mine.aborted) now.value = { at: 'work', sealed: lock !== undefined, done, total }
  }
  try {
    const core = await loadCore()
    const sealed = password !== undefined && (lock?.format.id === 'sealed' || lock?.format.id === 'backup')
    if (sealed) await unseal(password, mine)
    const args = password === undefined || sealed ? {} : { password }
    const { result } = await core.ask('read', args, { bytes: file.slice(), progress: told, signal: mine })
    if (!mine.aborted) preview(result)
    else void core.ask('forget', {})
  } catch (thrown) {
    if (work.signal === mine) await failed(await refusalOf(thrown))
  }
}

/** What the core says no with; anything else is a mistake of ours. */
async function refusalOf(thrown: unknown): Promise<Refusal> {
  const { CoreTrouble } = await import('../core/core')
  if (thrown instanceof CoreTrouble) return thrown.why
  if (thrown instanceof TypeError) return { code: 'unavailable' } // the core's script did not come
  throw thrown
}

async function failed(why: Refusal): Promise<void> {
  const again = tried === undefined ? {} : { tried }
  if (why.code === 'needs_password' && why.hint) {
    lock = why.hint
    now.value = { at: 'password', lock }
  } else if (lock && (why.code === 'password' || why.code === 'mistyped')) {
    now.value = { at: 'password', lock, ...again, wrong: wrongPassword(why, lock) }
  } else if (why.code === 'cancelled') {
    if (lock) now.value = { at: 'password', lock, ...again }
    else now.value = { at: 'choose' }
  } else {
    now.value = { at: 'choose', trouble: troubleOf(why, lock !== undefined) }
  }
}

/** Takes one code of Google Authenticator. Answers with what to say if it led nowhere. */
export async function scanned(text: string): Promise<Trouble | undefined> {
  watch()
  try {
    const core = await loadCore()
    const { result } = await core.ask('scanned', { text, first: !collecting })
    collecting = true
    preview(result)
    return undefined
  } catch (thrown) {
    return troubleOf(await refusalOf(thrown), false)
  }
}

export function choose(item: number, choice: Choice): void {
  chosen.value = new Map(chosen.value).set(item, choice)
}

export function typePin(problem: number, pin: string): void {
  if (wrong.value === problem) wrong.value = undefined
  typed.value = new Map(typed.value).set(problem, pin)
}

let importing = false

/** Does what the preview shows, once. */
export async function importAll(): Promise<void> {
  const before = now.value
  if (before.at !== 'preview' || importing) return
  importing = true
  const withPin = [...typed.value].filter(([, pin]) => pin !== '')
  try {
    const core = await loadCore()
    let receipt: Receipt | undefined
    const args = { choices: Object.fromEntries(chosen.value), pins: Object.fromEntries(withPin) }
    const stored = await guard(async () => {
      receipt = await core.change('import', args)
    })
    if (!stored || !receipt) return
    collecting = false
    found = undefined
    const last = await core.ask('last', {}).catch(() => undefined) // then there is no undo here
    now.value = { at: 'done', receipt, when: last?.result?.did === 'import' ? last.result.at : 0 }
  } catch (thrown) {
    const why = await refusalOf(thrown)
    if (why.code === 'pin') wrong.value = Number(why.detail)
    else if (why.code === 'no_file' || why.code === 'unavailable') startOver(troubleOf(why, false))
    else now.value = { ...before, trouble: troubleOf(why, false) }
  } finally {
    importing = false
  }
}

/** Takes the import back, unless something else was done since. True if it is undone. */
export async function undo(when: number): Promise<boolean> {
  const core = await loadCore()
  const { result: last } = await core.ask('last', {})
  if (last?.did !== 'import' || last.at !== when) return false
  return guard(() => core.change('undo', {}))
}
