/** The physical keyboard on the number pad: digits, Backspace, Enter for Yes.
 *  Escape never answers, and neither does anything else. */
import { useEffect } from 'preact/hooks'
import { dispatch } from './state'
import { complete, type Message, type Sheet } from './model'

/** What a key press means; undefined is left to the browser. */
export function keyMeaning(event: Pick<KeyboardEvent, 'key' | 'code'>, ready: boolean): Message | undefined {
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1]
  const key = event.key.normalize('NFKC') // a Japanese keyboard may send full-width digits
  if (/^[0-9]$/.test(key)) return { is: 'digit', digit: key }
  if (key === 'Process' && digit) return { is: 'digit', digit }
  if (key === 'Backspace') return { is: 'erased' }
  if (key === 'Enter' && ready) return { is: 'yes' }
  return undefined
}

/** Listens while `sheet` is on the screen. */
export function useKeyboard(sheet: Sheet): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || sheet.at !== 'asking' || sheet.refusing) return
      const meaning = keyMeaning(event, complete(sheet))
      if (!meaning || (meaning.is === 'yes' && onOtherButton(event.target))) return
      event.preventDefault()
      if (!event.repeat) dispatch(meaning)
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [sheet])
}

/** Enter on No, or on the button that closes, means that button. On the pad the
 *  number is complete, and it means Yes. */
function onOtherButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button') !== null && target.closest('.keypad') === null
}
