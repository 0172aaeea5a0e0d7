/** Where papers lie: sealed, in the store of secrets, beside the ring whose data
 *  key opens them. What changes that key changes them along (`rings.ts`). */
import { together } from './database'
import { openRing, type Ring } from './ring'
import { sealText, unsealText, type Box } from './seal'

/** `backup`: what this device knows of its backup. `sign-in`: one that was begun
 *  in the browser. `recovery`: one that is under way. `tickets`: of accounts that
 *  came back, on their way to a registration. `logos`: of the organisations whose
 *  accounts are here. */
export type PaperName = 'backup' | 'sign-in' | 'recovery' | 'tickets' | 'logos'

/** A paper as it lies on the disk; `edition` counts its changes. */
export type Paper = Box & { name: PaperName; edition: number }

const shelf = 'paper/'

export function placeOf(name: PaperName): string {
  return shelf + name
}

export async function sealPaper(key: CryptoKey, name: PaperName, edition: number, content: unknown): Promise<Paper> {
  return { name, edition, ...(await sealText(key, label(name, edition), JSON.stringify(content))) }
}

/** Throws an OperationError for another key. */
export async function openPaper(key: CryptoKey, paper: Paper): Promise<unknown> {
  return JSON.parse(await unsealText(key, label(paper.name, paper.edition), paper))
}

function label(name: PaperName, edition: number): string {
  return `countersign/paper/1\0${name}\0${edition}`
}

/** What stands on a paper; nothing if there is none. */
export async function readPaper<T>(name: PaperName): Promise<T | undefined> {
  const { ring, paper } = await look(name)
  return ring && paper ? ((await openPaper((await openRing(ring)).key, paper)) as T) : undefined
}

/** Ring and paper at one moment. */
export function look(name: PaperName): Promise<{ ring: Ring | undefined; paper: Paper | undefined }> {
  return together(['secrets'], 'readonly', (tx) => {
    const secrets = tx.objectStore('secrets')
    const ring: IDBRequest<Ring | undefined> = secrets.get('data')
    const paper: IDBRequest<Paper | undefined> = secrets.get(placeOf(name))
    return () => ({ ring: ring.result, paper: paper.result })
  })
}

/** All papers under another data key. One that the old key does not open is
 *  damaged, and goes. */
export async function reseal(old: CryptoKey, data: CryptoKey, all: Paper[]): Promise<Paper[]> {
  const made: Paper[] = []
  for (const paper of all) {
    const content = await openPaper(old, paper).catch(() => undefined)
    if (content !== undefined) made.push(await sealPaper(data, paper.name, paper.edition + 1, content))
  }
  return made
}

/** All papers, within a transaction. */
export function papersIn(secrets: IDBObjectStore): IDBRequest<Paper[]> {
  return secrets.getAll(everything)
}

/** Puts these in the place of all that lie there. */
export function putPapers(secrets: IDBObjectStore, made: Paper[]): void {
  secrets.delete(everything)
  for (const paper of made) secrets.put(paper, placeOf(paper.name))
}

/** Whether nothing was written from the one moment to the other. */
export function unchanged(before: Paper[], now: Paper[]): boolean {
  const told = (all: Paper[]) => all.map(({ name, edition }) => `${name} ${edition}`).join()
  return told(before) === told(now)
}

const everything = IDBKeyRange.bound(shelf, `${shelf}\uffff`)
