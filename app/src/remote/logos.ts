/** How organisations show themselves: their logos, asked for at their own servers by
 *  the registration, once for each that there is. What a server sends is drawn only if
 *  it is a plain picture of one size; nothing else passes for a logo. */
import { directoryOf, type Logo, type Logos } from '../codes/logos'
import { papers } from '../store/papers'
import { base64, base64url, sha256, type Bytes } from './bytes'
import { bytes } from './door'
import { doorOf, ofRegistration, paired } from './registrations'

/** PNG, 144 by 144, eight bits a channel, no transparency, no interlace. */
const head = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 144, 0, 0, 0, 144, 8, 2, 0, 0, 0] as const

/** Keeps the logo that a server says its organisation has, or that it has none
 *  (''). One that is here already is not asked for again. */
export async function keepLogo(registration: string, id: string): Promise<void> {
  const server = ofRegistration(registration)?.server
  if (!server) return
  const of = directoryOf(server)
  const kept = (await papers.read<Logos>('logos'))?.[of]
  if ((kept?.id ?? '') === id) return
  const logo = id === '' ? undefined : await readLogo(id, await bytes(await doorOf(registration), { method: 'GET', path: '/device/logo' }))
  await papers.change<Logos>('logos', (before = {}) => only({ ...before, [of]: logo }))
}

/** Those of directories that still have an account here. */
function only(all: Record<string, Logo | undefined>): Logos {
  const here = new Set(paired().map(({ server }) => directoryOf(server)))
  return Object.fromEntries(Object.entries(all).flatMap(([of, logo]) => (logo && here.has(of) ? [[of, logo]] : [])))
}

/** Reads what a server sent as the logo of that id. Nothing for what is not exactly
 *  what servers draw (docs/protocol.md, section 5). */
export async function readLogo(id: string, png: Bytes): Promise<Logo | undefined> {
  if (!isPlain(png) || base64url((await sha256(png)).subarray(0, 12)) !== id) return undefined
  return { id, png: base64(png) }
}

/** Whether it is that head, pixels, and the end, with nothing between or behind them. */
function isPlain(png: Bytes): boolean {
  if (head.some((byte, at) => png[at] !== byte)) return false
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  let [at, kinds] = [8, '']
  while (at + 12 <= png.length) {
    kinds += String.fromCharCode(...png.subarray(at + 4, at + 8))
    at += 12 + view.getUint32(at)
  }
  return at === png.length && /^IHDR(IDAT)+IEND$/.test(kinds)
}
