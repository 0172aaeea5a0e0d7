/** Copying a code: the tap finds it ready, because iOS gives the clipboard only
 *  to code that runs before the tap is over. */
import { toast } from '../shell/toast'
import { t } from '../words/words'
import { currentDial, currentVault } from './clockwork'
import { counted } from './counted'
import { codeToCopy } from './dial'

/** Answers every `[data-copy]` button of the page, now and later – before the tap
 *  can make one of a button that shows a hidden code. */
export function startCopying(): void {
  const tapped = (event: MouseEvent) => {
    const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null
    const id = button?.getAttribute('data-copy')
    if (id) void copyCode(id)
  }
  addEventListener('click', tapped, { capture: true })
}

async function copyCode(id: string): Promise<void> {
  const code = counted.get(id)
  if (code !== undefined) return copy(code, t('app.list.copied'))
  const face = currentDial()?.faces.get(id)
  if (!face) return
  const ready = codeToCopy(face, currentVault()?.settings.nextEarly ?? true)
  return copy(ready.code, ready.isNext ? t('app.list.copied.next') : t('app.list.copied'))
}

/** Puts a text on the clipboard and says so, or says that it could not. Call it
 *  within the tap, with the text at hand. */
export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    navigator.vibrate?.(8)
    toast(done)
  } catch {
    toast(t('app.list.copied.not'))
  }
}
