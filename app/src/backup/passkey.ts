/** The passkey that opens a backup: a credential of this app's own host, which
 *  gives two secrets for it to whom it has checked (PRF). The browser finds it by
 *  itself: a new phone does not know its name. */
import type { Prf } from '../core/ops'
import { newSalt } from '../lock/keys'
import { askForSecrets, makePasskey } from '../lock/passkey'
import { base64 } from '../remote/bytes'

/** Has the person make one. */
export async function makeOne(): Promise<void> {
  await makePasskey(newSalt())
}

/** Has the person's passkey evaluate what the backup wants of it. Throws PasskeyTrouble. */
export async function evaluate({ nonce, first, second }: Prf): Promise<Prf> {
  const secrets = await askForSecrets({ first: fromBase64(first), second: fromBase64(second) })
  return { nonce, first: base64(secrets.first), second: base64(secrets.second) }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0))
}
