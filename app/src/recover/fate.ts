/** What became of each account of a backup, as it is now: an account that was to
 *  be scanned is restored as soon as this phone has a registration of it. */
import type { Recovered } from '../core/ops'
import type { Vault } from '../store/vault'
import type { Ticket } from './ticket'

/** `begun`: paired, and its test is still to come. `asked`, `waits`, `ready` and
 *  `stopped` are how the ticket of an account stands. `gone`: removed since. */
export type Now = Recovered['state'] | 'begun' | 'asked' | 'waits' | 'ready' | 'stopped' | 'gone'

export type Standing = Recovered & { now: Now; registration?: string; readyAt?: number }

/** The accounts of a recovery as they stand: those that need the person first. */
export function standing(
  accounts: readonly Recovered[],
  vault: Pick<Vault, 'entries'>,
  tickets: readonly Ticket[],
): { needs: Standing[]; ready: Standing[] } {
  const all = accounts.map((account) => stand(account, vault, tickets))
  return {
    needs: all.filter(({ now }) => waits(now)),
    ready: all.filter(({ now }) => now === 'restored' || now === 'kept').sort((a, b) => order(a.now) - order(b.now)),
  }
}

function waits(now: Now): boolean {
  return now !== 'restored' && now !== 'kept' && now !== 'gone'
}

/** What was kept stands first: it is the surprise. */
function order(now: Now): number {
  return now === 'kept' ? 0 : 1
}

function stand(account: Recovered, { entries }: Pick<Vault, 'entries'>, tickets: readonly Ticket[]): Standing {
  if (account.state !== 'verify' && account.state !== 'scan') return { ...account, now: account.state }
  const server = entries.find(({ id }) => id === account.id)?.server
  switch (server?.state) {
    case 'active':
    case 'suspended':
      return { ...account, now: 'restored' }
    case 'pending':
      return { ...account, now: 'begun', registration: server.registration }
    case undefined:
      return { ...account, now: 'gone' }
    default:
      return { ...account, ...underWay(tickets.find(({ entry }) => entry === account.id), account.state) }
  }
}

function underWay(ticket: Ticket | undefined, otherwise: Now): Pick<Standing, 'now' | 'readyAt'> {
  switch (ticket?.state) {
    case 'open':
    case 'offered':
      return { now: 'asked' }
    case 'waits':
      return { now: 'waits', ...(ticket.readyAt && { readyAt: ticket.readyAt }) }
    case 'ready':
    case 'stopped':
      return { now: ticket.state }
  }
  return { now: otherwise }
}
