/** Papers: small documents beside the vault, each under its own name, sealed
 *  under the same data key and read by nobody while the app is locked. They are
 *  no part of the vault: no version of it, no backup and no other device has
 *  them. */
import { together } from './database'
import { nameOf, openRing, type Ring } from './ring'
import { look, openPaper, placeOf, readPaper, sealPaper, type Paper, type PaperName } from './shelf'
import { ownDataKey } from './store'
import { storeTrouble } from './trouble'

const channel = new BroadcastChannel('countersign/papers')
const listeners: ((name: PaperName) => void)[] = []
channel.onmessage = ({ data }: MessageEvent<PaperName>) => tell(data)

export const papers = {
  /** What stands on a paper; nothing if there is none. Throws StoreTrouble. */
  async read<T>(name: PaperName): Promise<T | undefined> {
    try {
      return await readPaper<T>(name)
    } catch (thrown) {
      throw storeTrouble(thrown)
    }
  },

  /** Writes a paper anew, or takes it away with `undefined`, and answers what
   *  stands there now. `fn` is pure: it is called again if another tab was
   *  quicker. Throws StoreTrouble, and then nothing has changed. */
  async change<T>(name: PaperName, fn: (before: T | undefined) => T | undefined): Promise<T | undefined> {
    try {
      for (;;) {
        const done = await attempt(name, fn)
        if (done) return done.now
      }
    } catch (thrown) {
      throw storeTrouble(thrown)
    }
  },

  /** Hears of each paper that is written, in whatever tab. */
  follow(hear: (name: PaperName) => void): void {
    listeners.push(hear)
  },
}

function tell(name: PaperName): void {
  for (const hear of listeners) hear(name)
}

/** One try: nothing if another tab wrote meanwhile, or made a new data key. */
async function attempt<T>(name: PaperName, fn: (before: T | undefined) => T | undefined): Promise<{ now: T | undefined } | undefined> {
  const { ring, paper } = await look(name)
  const data = ring ? await openRing(ring) : await ownDataKey()
  const before = paper && ((await openPaper(data.key, paper)) as T)
  const now = fn(before)
  if (now === before) return { now }
  const edition = (paper?.edition ?? Date.now()) + 1 // never one that was there before
  const next = now === undefined ? undefined : await sealPaper(data.key, name, edition, now)
  if (!(await replace(name, { ring: data.id, edition: paper?.edition ?? 0 }, next))) return undefined
  channel.postMessage(name)
  tell(name)
  return { now }
}

/** Puts a paper in the place of that edition. False if it is not there any more,
 *  or the data key is another one. */
function replace(name: PaperName, was: { ring: string; edition: number }, paper: Paper | undefined): Promise<boolean> {
  return together(['secrets'], 'readwrite', (tx) => {
    const secrets = tx.objectStore('secrets')
    const ring: IDBRequest<Ring> = secrets.get('data')
    const now: IDBRequest<Paper | undefined> = secrets.get(placeOf(name))
    let same = false
    now.onsuccess = () => {
      same = nameOf(ring.result) === was.ring && (now.result?.edition ?? 0) === was.edition
      if (same && paper) secrets.put(paper, placeOf(name))
      else if (same) secrets.delete(placeOf(name))
    }
    return () => same
  })
}
