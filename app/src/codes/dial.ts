/** The dial: which codes hold now, which come next, and how long. Time comes in
 *  from outside; one dial is one instant, so everything drawn from it agrees. */
import { codeFor, stepAt, type Recipe } from '../otp/otp'
import type { Entry, Vault } from '../store/vault'

/** In the last five seconds the next code shows, and is the one to copy. */
export const lastSeconds = 5

/** The next codes are made a little before they are wanted, so that a tap finds them. */
const aheadSeconds = 8

/** Accounts that change at the same moment share a beat. */
export type Beat = {
  /** Safe in the name of a CSS property. */
  id: string
  /** Seconds. */
  period: number
  /** Added to this phone's clock, milliseconds. */
  offset: number
  step: number
  /** Whole seconds until the code changes, 1 to `period`. */
  left: number
  ending: boolean
}

export type Face = { beat: Beat; code: string; next?: string }

export type Dial = {
  at: number
  beats: ReadonlyMap<string, Beat>
  /** By entry id. Accounts by counter, and those without a code, have none. */
  faces: ReadonlyMap<string, Face>
}

/** What codes of an account are made of; nothing while its server does not take them. */
export function recipeOf(entry: Entry): Recipe | undefined {
  const { server, type } = entry
  if (!server) return { type, secret: entry.secret, algorithm: entry.algorithm, digits: entry.digits, pin: entry.pin }
  if (server.state !== 'active') return undefined
  return { type: 'totp', secret: server.code.secret, algorithm: server.code.algorithm, digits: server.code.digits }
}

/** Reads the dial of a vault, for the accounts that are wanted. What `before`
 *  knows is not computed again. */
export async function readDial(vault: Vault, at: number, before?: Dial, wanted?: ReadonlySet<string>): Promise<Dial> {
  const beats = new Map<string, Beat>()
  const faces = new Map<string, Face>()
  const those = wanted ? vault.entries.filter(({ id }) => wanted.has(id)) : vault.entries
  const work = those.map(async (entry) => {
    const recipe = recipeOf(entry)
    if (!recipe || entry.type === 'hotp') return
    const beat = sharedBeat(beats, vault, entry, at)
    faces.set(entry.id, await faceAt(recipe, beat, before?.faces.get(entry.id)))
  })
  await Promise.all(work)
  return { at, beats, faces }
}

/** Whether somebody who looks would see a difference beyond the countdown. */
export function looksDifferent(a: Dial, b: Dial): boolean {
  if (a.beats.size !== b.beats.size) return true
  for (const [id, beat] of b.beats) {
    const was = a.beats.get(id)
    if (was?.step !== beat.step || was.ending !== beat.ending) return true
  }
  return false
}

/** The code to copy from this face: the next one when the present one is about to end. */
export function codeToCopy(face: Face, nextEarly: boolean): { code: string; isNext: boolean } {
  const isNext = nextEarly && face.beat.ending && face.next !== undefined
  return { code: isNext ? (face.next ?? face.code) : face.code, isNext }
}

/** The beat that speaks for the whole list: that of most accounts. */
export function mainBeat(dial: Dial): Beat | undefined {
  const votes = new Map<Beat, number>()
  for (const { beat } of dial.faces.values()) votes.set(beat, (votes.get(beat) ?? 0) + 1)
  return [...votes].sort(([, a], [, b]) => b - a)[0]?.[0]
}

function sharedBeat(beats: Map<string, Beat>, vault: Vault, entry: Entry, at: number): Beat {
  const period = entry.server?.code.period ?? entry.period
  const offset = entry.server ? (entry.server.clockOffset ?? 0) : vault.settings.clockOffset
  const id = offset === 0 ? String(period) : `${period}_${offset}`
  let beat = beats.get(id)
  if (!beat) beats.set(id, (beat = beatAt(id, period, offset, at)))
  return beat
}

function beatAt(id: string, period: number, offset: number, at: number): Beat {
  const seconds = Math.floor((at + offset) / 1000)
  const left = period - (seconds % period)
  return { id, period, offset, step: stepAt(at + offset, period), left, ending: left <= lastSeconds && period > 10 }
}

async function faceAt(recipe: Recipe, beat: Beat, before: Face | undefined): Promise<Face> {
  const same = before?.beat.id === beat.id ? before : undefined
  const code = known(same, beat.step) ?? (await codeFor(recipe, beat.step))
  if (beat.left > aheadSeconds) return { beat, code }
  return { beat, code, next: known(same, beat.step + 1) ?? (await codeFor(recipe, beat.step + 1)) }
}

/** A code of this step that the earlier face holds already. */
function known(face: Face | undefined, step: number): string | undefined {
  if (face?.beat.step === step) return face.code
  return face?.beat.step === step - 1 ? face.next : undefined
}
