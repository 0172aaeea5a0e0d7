/** The passkey that opens a backup: like that of the lock a credential of this
 *  app's own host, but one that the browser finds by itself, for a new phone does
 *  not know its name. */
import { askForSecrets } from '../lock/passkey'
import type { Prf } from '../core/ops'
import { base64 } from '../remote/bytes'

/** Has the person's passkey evaluate what the backup wants of it. Throws PasskeyTrouble. */
export async function evaluate({ nonce, first, second }: Prf): Promise<Prf> {
  const secrets = await askForSecrets({ first: fromBase64(first), second: fromBase64(second) })
  return { nonce, first: base64(secrets.first), second: base64(secrets.second) }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (symbol) => symbol.charCodeAt(0))
}
