/** The core as the app uses it. It keeps nothing: the store seals the vault, and
 *  the core gets it and gives it back. So every tab agrees, and a change of the
 *  core is on the disk before anybody sees it, like every other change. */
import { store } from '../store/store'
import { bytesOf, Carried, remember, vaultOf, type Bytes } from '../store/text'
import type { Vault } from '../store/vault'
import type { Changes, Few, Ops, Questions, Sealing } from './ops'
import { Core, type Answer, type Watch } from './worker'

export type { Watch } from './worker'
export * from './ops'

export type Asking = Watch & {
  /** A file, or another vault, for what takes one. It is the core's from then on. */
  bytes?: Uint8Array<ArrayBuffer>
}

/** The vault after a change of a few accounts. All others stay the very objects that
 *  they were, so nothing that is known of them is worked out again. */
function withFew(before: Vault, { entries, gone }: Few, bytes: Bytes): Vault {
  const now = new Map(entries.map((entry) => [entry.id, entry]))
  const others = before.entries.filter(({ id }) => !now.has(id) && !gone.includes(id))
  const all = [...others, ...entries].sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1))
  return remember({ ...before, entries: all, core: new Carried(undefined, bytes) }, bytes)
}

/** Ties a core to the store. The app has one; tests make their own. */
export function newClient(core: Core) {
  let known: { vault: Vault; shift: unknown } | undefined

  /** Makes sure that the core has this vault. It is told again when a face
   *  changed it, another tab did, or the worker is a new one. */
  async function tell(now: Vault): Promise<void> {
    if (known?.vault === now && known.shift !== undefined && known.shift === core.shift) return
    known = undefined
    await core.ask('open', {}, bytesOf(now))
    known = { vault: now, shift: core.shift }
  }

  return {
    /** Gives a vault that the core has never seen its stamps, so that from now on
     *  what is removed is in the trash and what is changed can be merged. */
    async adopt(): Promise<void> {
      await store.change(async (before) => {
        if ('core' in before) return before
        const { vault } = await core.ask('open', {}, bytesOf(before)).catch(() => ({ vault: undefined })) // another time
        return vault ? vaultOf(vault) : before
      })
    },

    /** Asks about the vault as it is. Throws CoreTrouble. */
    async ask<O extends keyof Questions>(op: O, args: Ops[O]['args'], { bytes, ...watch }: Asking = {}): Promise<Answer<O>> {
      await tell(await store.load())
      const answer = await core.ask(op, args, bytes, watch)
      if (op === 'read' || op === 'scanned') core.hold(true) // until it is imported or forgotten
      if (op === 'forget') core.hold(false)
      return answer
    },

    /** Changes the vault, and answers when the change is on the disk. Throws
     *  CoreTrouble or StoreTrouble, and then nothing has changed. */
    async change<O extends keyof Changes>(op: O, args: Ops[O]['args'], { bytes, ...watch }: Asking = {}): Promise<Ops[O]['result']> {
      let outcome: { result: Ops[O]['result'] } | { trouble: unknown } | undefined
      const work = async (before: Vault): Promise<Vault> => {
        await tell(before)
        known = undefined // until what the core has is what we have
        const { result, vault: changed, changes } = await core.ask(op, args, bytes?.slice(), watch)
        outcome = { result }
        if (!changed) return before
        const after = changes ? withFew(before, changes, changed) : vaultOf(changed)
        known = { vault: after, shift: core.shift }
        return after
      }
      await store.change((before) =>
        work(before).catch((trouble: unknown) => {
          outcome = { trouble }
          return before
        }),
      )
      if (!outcome || 'trouble' in outcome) throw outcome?.trouble
      if (op === 'import') core.hold(false)
      return outcome.result
    },

    /** Asks the part that has age, which comes with the first question. Throws
     *  CoreTrouble. */
    async sealed<O extends keyof Sealing>(op: O, args: Ops[O]['args'], { bytes, ...watch }: Asking = {}): Promise<Answer<O>> {
      const answer = await core.ask(op, args, bytes, watch)
      if (op === 'moveBegin' || op === 'moveMeet') core.hold(true) // until the move ends
      if (op === 'moveEnd') core.hold(false)
      return answer
    },

    /** Lets the worker go, with what was read from a file. */
    stop: () => core.stop(),
  }
}

export const core = newClient(new Core())
