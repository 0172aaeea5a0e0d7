/** A message as QR codes that move, for a camera that is held to this screen. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Picture } from '../core/ops'
import { loadCore } from '../core/plug'
import { QR } from '../files/qr'
import type { Showing } from './channel'

/** Five a second: as many as a phone reads for certain. */
const pause = 200

export function Moving({ showing, label }: { showing: Showing; label: string }) {
  const picture = useSignal<Picture | undefined>(undefined)
  useEffect(() => {
    let gone = false
    const turn = async () => {
      const core = await loadCore()
      for (let number = 0; !gone; number++) {
        if (!document.hidden) picture.value = (await core.ask('frame', { number })).result
        if (showing.frames === 1) return // it stands still
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
    void turn().catch(() => undefined) // the worker went: the next step says so
    return () => void (gone = true)
  }, [showing])
  useLight()
  return <div class="moving">{picture.value && <QR picture={picture.value} label={label} />}</div>
}

/** A screen that is filmed does not go dark. */
function useLight(): void {
  useEffect(() => {
    const lock = navigator.wakeLock?.request('screen').catch(() => undefined) // then a touch keeps it on
    return () => void lock?.then((held) => held?.release())
  }, [])
}
