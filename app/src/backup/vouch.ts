/** The public halves of restore keys, for the servers of this device's personal
 *  accounts: who opens the backup elsewhere shows with the private ones that they did
 *  (docs/protocol.md, section 11). They are others when the vault has another identity. */
import type { PublicKey } from '../remote/message'
import { open } from '../remote/door'
import { doorOf, paired } from '../remote/registrations'
import { Trouble } from '../remote/trouble'
import type { Core } from './instep'
import { edit, read } from './kept'

/** Sends what the servers do not know yet. One that is away hears it with the next backup. */
export async function vouch(core: Core): Promise<void> {
  const backup = await read()
  const accounts = paired().filter(({ kind, server }) => kind === 'personal' && server.state === 'active')
  if (!backup || accounts.length === 0) return
  const of = accounts.map(({ server: { issuer, subject } }) => ({ server: issuer, subject }))
  const { result } = await core.sealed('vouch', { keys: backup.keys, accounts: of })
  const sent: Record<string, string> = {}
  for (const [i, { server }] of accounts.entries()) {
    const key = result[i]
    if (key && backup.vouched?.[server.registration] !== key.x && (await tell(server.registration, key))) sent[server.registration] = key.x
  }
  if (Object.keys(sent).length > 0) await edit((one) => ({ ...one, vouched: { ...one.vouched, ...sent } }))
}

/** The backup is off: who opens an old one shows nothing with it any more. */
export async function vouchNoMore(registrations: readonly string[]): Promise<void> {
  for (const registration of registrations) await tell(registration, null)
}

/** True if the server has heard it. */
async function tell(registration: string, restore: PublicKey | null): Promise<boolean> {
  try {
    await open(await doorOf(registration), { method: 'PUT', path: '/device/registration', body: { restore } })
    return true
  } catch (thrown) {
    if (thrown instanceof Trouble) return false
    throw thrown
  }
}
