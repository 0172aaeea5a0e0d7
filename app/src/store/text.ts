/** A vault as text, as it is sealed and as the core takes it. Faces read and write
 *  their half; the core's, which is the larger, they carry along as it stands. */
import type { Vault } from './vault'

export type Bytes = Uint8Array<ArrayBuffer>

/** What faces know of a vault. */
type Faces = Omit<Vault, 'core'>

const member = ',"core":'

/** The core's half: nobody here looks into it. */
export class Carried {
  #text: string | undefined
  readonly #whole: Bytes

  /** Its text, or the whole vault that it is the half of. */
  constructor(text: string | undefined, whole: Bytes = new Uint8Array()) {
    this.#text = text
    this.#whole = whole
  }

  get text(): string {
    return (this.#text ??= readVault(new TextDecoder().decode(this.#whole)).core?.text ?? '{}')
  }
}

/** Vaults that came from the core as bytes: they need not be written again. */
const written = new WeakMap<Vault, Bytes>()

/** Throws a SyntaxError. */
export function readVault(text: string): Vault {
  return halves(text) ?? inOne(text)
}

/** The core's half stands last, so the text is read up to it. Text in quotes has no
 *  bare ones, so what looks like its name is that of a member; if of another object,
 *  what stands before it cannot be read. */
function halves(text: string): Vault | undefined {
  const at = text.indexOf(`${member}{`)
  if (at < 0) return undefined
  try {
    const faces = JSON.parse(`${text.slice(0, at)}}`) as Faces
    return 'entries' in faces && 'settings' in faces ? { ...faces, core: new Carried(text.slice(at + member.length, -1)) } : undefined
  } catch {
    return undefined
  }
}

function inOne(text: string): Vault {
  const { core, ...faces } = JSON.parse(text) as Faces & { core?: unknown }
  return core === undefined ? faces : { ...faces, core: new Carried(JSON.stringify(core)) }
}

export function vaultOf(bytes: Bytes): Vault {
  return remember(readVault(new TextDecoder().decode(bytes)), bytes)
}

/** This vault is what those bytes say. */
export function remember(vault: Vault, bytes: Bytes): Vault {
  written.set(vault, bytes)
  return vault
}

/** Bytes of one's own: they may be handed to the core. */
export function bytesOf(vault: Vault): Bytes {
  return written.get(vault)?.slice() ?? new TextEncoder().encode(textOf(vault))
}

function textOf({ core, ...faces }: Vault): string {
  const text = JSON.stringify(faces)
  return core ? `${text.slice(0, -1)}${member}${core.text}}` : text
}
