/** Signing in to the recovery account: code flow with PKCE (RFC 7636), in this
 *  very window, as the application `countersign-app`. What only this app knows of
 *  it waits on a sealed paper; what comes back to `/callback` is answered by the
 *  app, redeemed once, and forgotten. */
import { base64url, random, sha256, utf8 } from '../remote/bytes'
import { parse, plain, readBytes } from '../remote/door'
import { object, stranger } from '../remote/fields'
import { clockOf } from '../remote/registrations'
import { Trouble } from '../remote/trouble'
import { papers } from '../store/papers'

/** `backup` stores and deletes; `recover` reads, for an hour. */
export type Scope = 'backup' | 'recover'

/** What is asked for: whose sign-in service, what for, and which screen of the
 *  app goes on with it ("backup/join"). `login` is who will sign in, if it is known. */
export type Wish = { issuer: string; scope: Scope; screen: string; login?: string }

/** A sign-in that was begun. */
type Note = Wish & { state: string; verifier: string }

/** What came of it. `denied`: the person said no; `weak`: the account cannot prove
 *  enough; `refused`: the service would not. */
export type SignInProblem = 'denied' | 'weak' | 'refused'

type Came = Note & { answer: URLSearchParams }

const client = 'countersign-app'
let came: Came | undefined

/** Where a sign-in service sends people back to. */
function redirectURI(): string {
  return `${location.origin}/callback`
}

/** Leaves the app for the sign-in pages. Throws StoreTrouble; and Trouble when the
 *  service does not answer, and the browser's page of an error would be all that comes. */
export async function signIn(wish: Wish): Promise<void> {
  await knock(wish.issuer)
  location.assign(await addressOf(wish))
}

/** Asks the service whether it lets this app in. */
async function knock(issuer: string): Promise<void> {
  if (!navigator.onLine) throw new Trouble({ why: 'offline' })
  await plain(`${issuer}/backup/apps`, { signal: AbortSignal.timeout(10_000) }, clockOf(issuer))
}

/** Notes the sign-in and answers with where it is. */
export async function addressOf(wish: Wish): Promise<string> {
  const note: Note = { ...wish, state: base64url(random(24)), verifier: base64url(random(32)) }
  await papers.change<Note>('sign-in', () => note)
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: redirectURI(),
    response_type: 'code',
    scope: wish.scope,
    state: note.state,
    code_challenge: base64url(await sha256(utf8(note.verifier))),
    code_challenge_method: 'S256',
    prompt: 'select_account',
    ...(wish.login && { login_hint: wish.login }),
  })
  return `${wish.issuer}/authorize?${query}`
}

/** Matches an answer with the sign-in that was begun, and says which screen goes on. */
export async function accept(answer: URLSearchParams): Promise<string> {
  const note = await papers.read<Note>('sign-in').catch(() => undefined)
  if (!note || answer.get('state') !== note.state || answer.get('iss') !== note.issuer) return 'backup/elsewhere' // RFC 9207
  came = { ...note, answer }
  await papers.change('sign-in', () => undefined) // it answers once
  return note.screen
}

/** The token of the sign-in that came back for this screen, once. It binds a
 *  device or deletes a backup; whatever comes of it, it is not kept. Throws
 *  Trouble or SignInTrouble. */
export async function takeToken(screen: string): Promise<{ issuer: string; token: string } | undefined> {
  if (!came || came.screen !== screen) return undefined
  const { issuer, verifier, answer } = came
  came = undefined
  const error = answer.get('error')
  if (error) throw new SignInTrouble(problems[error] ?? 'refused')
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: client,
    redirect_uri: redirectURI(),
    code: answer.get('code') ?? '',
    code_verifier: verifier,
  })
  const response = await plain(
    `${issuer}/token`,
    { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: utf8(form.toString()), signal: AbortSignal.timeout(20_000) },
    clockOf(issuer),
  )
  const token = object(parse(await readBytes(response))).access_token
  if (typeof token !== 'string' || token === '') throw stranger()
  return { issuer, token }
}

const problems: Record<string, SignInProblem> = { access_denied: 'denied', unmet_authentication_requirements: 'weak' }

/** A sign-in that ended without what was asked for. */
export class SignInTrouble extends Error {
  readonly why: SignInProblem
  constructor(why: SignInProblem) {
    super(why)
    this.name = 'SignInTrouble'
    this.why = why
  }
}
