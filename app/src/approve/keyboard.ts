/** The physical keyboard on the number pad: digits, Backspace, Enter for Yes.
 *  Escape never answers, and neither does anything else. */
import { useEffect } from 'preact/hooks'
import { complete, type Message } from './model'
import { approval, dispatch } from './state'

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

/** Listens while a request is on the screen. A key means what it means to the
 *  sheet of that moment, not to the one drawn last. */
export function useKeyboard(): void {
  useEffect(() => {
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
}

function press(event: KeyboardEvent): void {
  const { sheet } = approval.peek()
  if (event.ctrlKey || event.metaKey || event.altKey || sheet?.at !== 'asking' || sheet.refusing) return
  const meaning = keyMeaning(event, complete(sheet))
  if (!meaning || (meaning.is === 'yes' && onOtherButton(event.target))) return
  event.preventDefault()
  if (!event.repeat) dispatch(meaning)
}

/** Enter on No, or on the button that closes, means that button. On the pad the
 *  number is complete, and it means Yes. */
function onOtherButton(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('button') !== null && target.closest('.keypad') === null
}
