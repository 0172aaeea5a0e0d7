/** The passkey of the lock: a credential of this app's own host that gives 32
 *  secret bytes (the PRF extension of WebAuthn) to a person whom it has checked.
 *  No server knows of it, and it signs nobody in. Those bytes exist only when it
 *  has looked at the person: it keeps others for when it has not. */
import type { Bytes } from '../store/ring'
import { t } from '../words/words'
import { passkeyKey } from './keys'

/** What went wrong. `cancelled`: the person or the browser ended it. `unable`:
 *  the passkey, or the browser, gives no secret. */
export class PasskeyTrouble extends Error {
  readonly why: 'cancelled' | 'unable'
  constructor(why: 'cancelled' | 'unable', cause?: unknown) {
    super(why, { cause })
    this.name = 'PasskeyTrouble'
    this.why = why
  }
}

/** A passkey, and what it is asked with. */
export type Passkey = { credential: Bytes; salt: Bytes }

/** Whether this browser knows passkeys that give a secret, as far as it says. */
export async function passkeysPossible(): Promise<boolean> {
  if (!('PublicKeyCredential' in globalThis)) return false
  const capable = await PublicKeyCredential.getClientCapabilities?.().catch(() => undefined)
  return capable?.['extension:prf'] !== false
}

/** Has the person make one. */
export async function makePasskey(salt: Bytes): Promise<Passkey> {
  const made = await asking(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: t('lock.passkey.rp') },
        user: { id: random(16), name: t('lock.passkey.user', { host: location.host }), displayName: t('lock.passkey.rp') },
        challenge: random(32), // nobody checks it: what counts is the secret
        pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )
  if (!made.getClientExtensionResults().prf?.enabled) throw new PasskeyTrouble('unable')
  return { credential: new Uint8Array(made.rawId), salt }
}

/** Asks it, and answers with the key that its secret makes. */
export async function askPasskey({ credential, salt }: Passkey): Promise<CryptoKey> {
  const said = await asking(() =>
    navigator.credentials.get({
      publicKey: {
        rpId: location.hostname,
        challenge: random(32),
        allowCredentials: [{ type: 'public-key', id: credential }],
        userVerification: 'required',
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  )
  const first = said.getClientExtensionResults().prf?.results?.first
  if (!first) throw new PasskeyTrouble('unable')
  return passkeyKey(bytesOf(first))
}

/** Has a passkey of this app, whichever the person chooses, give two secrets. */
export async function askForSecrets(inputs: { first: Bytes; second: Bytes }): Promise<{ first: Bytes; second: Bytes }> {
  const said = await asking(() =>
    navigator.credentials.get({
      publicKey: { rpId: location.hostname, challenge: random(32), userVerification: 'required', extensions: { prf: { eval: inputs } } },
    }),
  )
  const { first, second } = said.getClientExtensionResults().prf?.results ?? {}
  if (!first || !second) throw new PasskeyTrouble('unable')
  return { first: bytesOf(first), second: bytesOf(second) }
}

async function asking(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const given = await ask().catch((thrown: unknown) => {
    const name = thrown instanceof DOMException ? thrown.name : ''
    throw new PasskeyTrouble(name === 'NotSupportedError' || name === 'SecurityError' ? 'unable' : 'cancelled', thrown)
  })
  if (!(given instanceof PublicKeyCredential)) throw new PasskeyTrouble('cancelled')
  return given
}

function bytesOf(source: BufferSource): Bytes {
  const view = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source)
  return new Uint8Array(view)
}

function random(n: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(n))
}
