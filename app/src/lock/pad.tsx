/** Digits that are typed and not shown: dots, a pad, and the physical keyboard. */
import { useEffect } from 'preact/hooks'
import { Numeral } from '../approve/parts'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { leastDigits } from './keys'

/** One dot for each digit, and places for those that a PIN has at least. */
export function Dots({ n }: { n: number }) {
  return (
    <div class="dots" role="group" aria-label={t('lock.pin')}>
      <span class="vh" role="status">
        {t('lock.pin.typed', { n })}
      </span>
      {Array.from({ length: Math.max(n, leastDigits) }, (_, i) => (
        <span key={i} class={i < n ? 'dot full' : 'dot'} />
      ))}
    </div>
  )
}

export function Pad({ digit, erase }: { digit: (one: string) => void; erase: () => void }) {
  return (
    <div class="keypad" role="group" aria-label={t('lock.pad')}>
      {[...'1234567890'].map((one) => (
        <button key={one} type="button" class={one === '0' ? 'zero' : undefined} aria-label={one} onClick={() => digit(one)}>
          <Numeral digit={one} />
        </button>
      ))}
      <button type="button" class="blank" onClick={erase}>
        <Icon name="i-erase" />
        <span class="vh">{t('lock.pad.erase')}</span>
      </button>
    </div>
  )
}

type Hands = { digit: (one: string) => void; erase: () => void; enter: () => void }

/** The keyboard does what the pad does. Enter on another button means that button. */
export function useDigits(hands: Hands): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      const digit = digitOf(event)
      const elsewhere = event.target instanceof Element && event.target.closest('button') && !event.target.closest('.keypad')
      if (digit !== undefined) hands.digit(digit)
      else if (event.key === 'Backspace') hands.erase()
      else if (event.key === 'Enter' && !elsewhere) hands.enter()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  })
}

/** The digit of a key; a Japanese keyboard may send full-width ones, or say only which key it was. */
export function digitOf({ key, code }: Pick<KeyboardEvent, 'key' | 'code'>): string | undefined {
  const said = key.normalize('NFKC')
  if (/^[0-9]$/.test(said)) return said
  return key === 'Process' ? /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1] : undefined
}
