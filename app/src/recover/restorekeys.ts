/** The restore keys of accounts that came back: whoever opened the backup can derive
 *  them, and signing with one shows that (N20). They are kept beside the device
 *  keys, for signing only, so that the backup need not be opened again for each
 *  account; they go when the recovery ends. */
import type { Core } from '../backup/instep'
import { keys } from '../store/keys'

const all = 'restore '
const es256 = { name: 'ECDSA', namedCurve: 'P-256' }

function nameOf(server: string, subject: string): string {
  return `${all}${server} ${subject}`
}

/** Keeps those of the generation that was opened. */
export async function keepRestoreKeys(core: Core): Promise<void> {
  const { result } = await core.sealed('restoreKeys', {})
  for (const { server, subject, key } of result) {
    const { d: _, ...half } = key
    const privateKey = await crypto.subtle.importKey('jwk', { ...key }, es256, false, ['sign'])
    const publicKey = await crypto.subtle.importKey('jwk', half, es256, true, ['verify'])
    await keys.put(nameOf(server, subject), { privateKey, publicKey })
  }
}

/** That of an account, if its backup was opened here. */
export async function restoreKey(server: string, subject: string): Promise<CryptoKey | undefined> {
  return (await keys.get(nameOf(server, subject)))?.privateKey
}

export async function forgetRestoreKeys(): Promise<void> {
  await keys.deleteAll(all)
}
