/** What became of each account of a backup, as it is now: an account that was to
 *  be scanned is restored as soon as this phone has a registration of it. */
import type { Recovered } from '../core/ops'
import type { Vault } from '../store/vault'

/** `begun`: paired, and its test is still to come. `gone`: removed since. */
export type Now = Recovered['state'] | 'begun' | 'gone'

export type Standing = Recovered & { now: Now; registration?: string }

/** The accounts of a recovery as they stand: those that need the person first. */
export function standing(accounts: readonly Recovered[], vault: Pick<Vault, 'entries'>): { needs: Standing[]; ready: Standing[] } {
  const all = accounts.map((account) => stand(account, vault))
  return {
    needs: all.filter(({ now }) => waits(now)),
    ready: all.filter(({ now }) => now === 'restored' || now === 'kept').sort((a, b) => order(a.now) - order(b.now)),
  }
}

function waits(now: Now): boolean {
  return now === 'verify' || now === 'scan' || now === 'begun' || now === 'failed'
}

/** What was kept stands first: it is the surprise. */
function order(now: Now): number {
  return now === 'kept' ? 0 : 1
}

function stand(account: Recovered, { entries }: Pick<Vault, 'entries'>): Standing {
  if (account.state !== 'verify' && account.state !== 'scan') return { ...account, now: account.state }
  const server = entries.find(({ id }) => id === account.id)?.server
  switch (server?.state) {
    case 'active':
      return { ...account, now: 'restored' }
    case 'pending':
      return { ...account, now: 'begun', registration: server.registration }
    case undefined:
      return { ...account, now: 'gone' }
    default:
      return { ...account, now: account.state }
  }
}
