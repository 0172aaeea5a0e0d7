/** The logos of organisations, for the marks of their accounts: what the paper has
 *  of them, as the first paint and the app draw it. */
import { readPaper } from '../store/shelf'
import type { Server } from '../store/vault'

/** A logo as it is kept: its id, and the PNG in base64. */
export type Logo = { id: string; png: string }

/** All that are kept, by `directoryOf`. */
export type Logos = Record<string, Logo>

type Of = Pick<Server, 'issuer' | 'directory'>

const known = new Map<string, { id: string; src: string }>()

/** Names a directory of a server, for ever: never by what it calls itself. */
export function directoryOf({ issuer, directory }: Of): string {
  return `${issuer} ${directory.id}`
}

/** The logo of an account's organisation, if there is one. */
export function logoOf(server: Of | undefined): { id: string; src: string } | undefined {
  return server && known.get(directoryOf(server))
}

/** Reads what is kept. */
export async function recallLogos(): Promise<void> {
  const kept = (await readPaper<Logos>('logos')) ?? {}
  known.clear()
  for (const [of, { id, png }] of Object.entries(kept)) known.set(of, { id, src: `data:image/png;base64,${png}` })
}
