/** The devices that were there before this one, and what this one may take from
 *  them: the apps that its own new registrations may remove (docs/protocol.md,
 *  section 11), and what opens the backup here. What it may not, the person is led to. */
import { doorOf as doorOfPlace } from '../backup/bind'
import { backup } from '../backup/kept'
import { placeOf, type Bound } from '../backup/place'
import { removeWay } from '../backup/turn'
import type { Core } from '../backup/instep'
import { paired, removeOlder, sync, type Paired } from '../remote/registrations'
import { Trouble } from '../remote/trouble'

/** Where a device has something: an app at a service, or a way to open the backup. */
export type Hold = { at: 'service'; account: Paired; app: string } | { at: 'backup'; way: string }

/** A device by its name, which is the same wherever it was paired as one. `since`
 *  tells those apart that have the same name at one service. */
export type Device = { name: string; since?: number; holds: Hold[] }

/** What was found. `closed` are accounts at whose service this phone may remove
 *  nothing, or that did not answer. */
export type Found = { devices: Device[]; closed: Paired[] }

/** Asks the services of this phone's accounts, and looks into the backup. */
export async function lookForGone(core: Core): Promise<Found> {
  const accounts = paired().filter(({ server }) => server.state === 'active')
  const told = await Promise.all(accounts.map(async (account) => ({ account, older: await olderAt(account) })))
  const found: Found = { devices: [], closed: told.flatMap(({ account, older }) => (older ? [] : [account])) }
  for (const { account, older = [] } of told) {
    gather(found.devices, older, ({ registration }) => ({ at: 'service', account, app: registration }))
  }
  gather(found.devices, await waysOf(core), ({ id }) => ({ at: 'backup', way: id }))
  return found
}

async function olderAt({ server }: Paired) {
  try {
    return (await sync(server.registration)).older
  } catch (thrown) {
    if (thrown instanceof Trouble) return undefined
    throw thrown
  }
}

async function waysOf(core: Core) {
  const keys = backup.peek()?.keys
  if (!keys) return []
  const { ways } = (await core.sealed('ways', { keys })).result
  return ways.filter(({ kind, this: here }) => kind === 'device' && !here).map(({ id, label, added }) => ({ id, name: label, addedAt: added }))
}

/** Puts what one place knows to the devices. Two of one name in the same place are
 *  two devices, and nobody knows which of them is which elsewhere. */
function gather<T extends { name: string; addedAt: number }>(devices: Device[], some: readonly T[], holdOf: (one: T) => Hold): void {
  for (const one of some) {
    const alone = some.filter(({ name }) => name === one.name).length === 1
    const known = alone ? devices.find(({ name, since }) => name === one.name && since === undefined) : undefined
    if (known) known.holds.push(holdOf(one))
    else devices.push({ name: one.name, holds: [holdOf(one)], ...(!alone && { since: one.addedAt }) })
  }
}

/** Takes from a device all that this one may. The backup comes first: at the service
 *  that keeps it, removing an app signs everything else out. Gives what was not
 *  done, and why. */
export async function removeGone(core: Core, { name, holds }: Device): Promise<{ hold: Hold; why: unknown }[]> {
  const failed: { hold: Hold; why: unknown }[] = []
  const inOrder = [...holds].sort((a, b) => Number(b.at === 'backup') - Number(a.at === 'backup'))
  for (const hold of inOrder) {
    try {
      if (hold.at === 'backup') await removeFromBackup(core, hold.way, name)
      else await removeApp(hold.account, hold.app)
    } catch (why) {
      failed.push({ hold, why })
    }
  }
  return failed
}

async function removeApp({ server }: Paired, app: string): Promise<void> {
  const ours = backup.peek()
  const same = ours?.issuer === server.issuer && ours.subject === server.subject
  await removeOlder(server.registration, [app], same ? ours.binding : undefined)
}

/** What is made from now on it cannot open; and if only one device at the place can
 *  be meant, that one is signed out there. */
async function removeFromBackup(core: Core, way: string, name: string): Promise<void> {
  await removeWay(core, way)
  const ours = backup.peek()
  if (!ours) return
  const place = placeOf(await doorOfPlace(ours))
  const one = only((await place.status()).devices.filter(({ binding, platform }) => binding !== ours.binding && platform === name))
  if (one) await place.leave(one.binding)
}

function only(some: readonly Bound[]): Bound | undefined {
  return some.length === 1 ? some[0] : undefined
}
