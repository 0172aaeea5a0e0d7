/** Messages between two devices: through a server, or from the one's screen to the
 *  other's camera. Each phone shows one at a time. */
import { loadCore } from '../core/plug'
import { CoreTrouble, type Refusal } from '../core/ops'
import { reasonOf, Trouble, type Reason } from '../remote/trouble'
import { store } from '../store/store'
import { bytesOf } from '../store/text'
import { t } from '../words/words'

/** What is said over the camera. */
export type Remark = { title: string; text: string }

/** How long a message takes to show, once round. */
export type Showing = { frames: number; seconds: number }

export type Bytes = Uint8Array<ArrayBuffer>

/** Shows a message, which may be shown again. Throws CoreTrouble. */
export async function show(message: Uint8Array | undefined): Promise<Showing> {
  const core = await loadCore()
  return (await core.ask('show', {}, { bytes: own(message).slice() })).result
}

/** What the worker gave is ours: it is handed back without a copy. */
export function own(bytes: Uint8Array | undefined): Bytes {
  return (bytes ?? new Uint8Array()) as Bytes
}

/** The vault as the core takes it. */
export async function vaultBytes(): Promise<Bytes> {
  return bytesOf(await store.load())
}

/** Looks at what the camera found, and acts on a message once it is whole.
 *  Answers with what to say meanwhile. */
export function watching(act: (message: Bytes) => Promise<Remark | undefined>): (text: string) => Promise<Remark | undefined> {
  return async (text) => {
    try {
      const { result, file } = await (await loadCore()).ask('see', { text })
      if (result.whole) return await act(own(file))
      const percent = Math.floor((10 * result.have) / Math.max(result.of, 1)) * 10 // each tenth is said once
      return { title: t('move.seeing', { percent }), text: t('move.seeing.text') }
    } catch (thrown) {
      const { code } = refusalOf(thrown)
      if (code === 'no_frame') return { title: t('move.odd.title'), text: t('move.odd.text') }
      if (code === 'newer') return { title: t('move.newer.title'), text: t('move.newer.text') }
      return { title: t('app.scan.failed.title'), text: t('app.scan.failed.text') }
    }
  }
}

/** What the core says no with; anything else is a mistake of ours. */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof CoreTrouble) return thrown.why
  if (thrown instanceof TypeError || thrown instanceof RangeError) return { code: 'corrupted' } // not unpacked, or not loaded
  throw thrown
}

/** Why a move ended. `unable`: this phone does not open a backup; `stranger`: what
 *  came is from another device; `interrupted`: the worker that knew of it went;
 *  `left` and `late`: the other device went, or the ten minutes of a meeting. */
export type End = 'digits' | 'large' | 'newer' | 'unable' | 'stranger' | 'interrupted' | 'left' | 'late'

/** Why it goes from screen to camera and not through the server: the person wants
 *  it so, or there is no way to the server, or the devices are on two networks. */
export type Detour = 'chosen' | 'offline' | 'network'

export function endOf({ code }: Refusal): End {
  switch (code) {
    case 'other_digits':
      return 'digits'
    case 'key':
      return 'unable'
    case 'too_large':
      return 'large'
    case 'newer':
      return 'newer'
    default:
      return 'interrupted'
  }
}

/** What becomes of a move when the server brings it no further: it ends, or goes on
 *  from screen to camera. What the core said no with ends it. */
export function fateOf(thrown: unknown): { end: End } | { detour: Detour } {
  if (!(thrown instanceof Trouble)) return { end: endOf(refusalOf(thrown)) }
  const reason = reasonOf(thrown)
  if (reason.why === 'closed' && reason.state === 'screen') return { detour: 'chosen' }
  if (reason.why === 'closed') return { end: reason.state === 'digits' ? 'digits' : 'left' }
  if (codeIn(reason) === 'gone_unknown') return { end: 'late' }
  return { detour: codeIn(reason) === 'other_network' ? 'network' : 'offline' }
}

function codeIn(reason: Reason): string {
  return reason.why === 'refused' ? reason.code : ''
}

/** Why this phone did not join the meeting whose code it saw. */
export function notJoined(thrown: Trouble): Remark {
  const title = t('move.meet.title')
  const reason = reasonOf(thrown)
  if (reason.why === 'closed') return { title, text: t('move.meet.over') }
  switch (codeIn(reason)) {
    case 'gone_unknown':
      return { title, text: t('move.meet.over') }
    case 'other_network':
      return { title, text: t('move.meet.network') }
    case 'taken':
      return { title, text: t('move.meet.taken') }
    default:
      return { title, text: t('move.meet.offline') }
  }
}
