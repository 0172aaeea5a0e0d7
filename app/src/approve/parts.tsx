/** Small parts that the sheet and the pairing screens share. */
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../words/words'
import type { Asked } from './asked'

/** A drawn digit: the same shape as on the sign-in page. */
export function Numeral({ digit }: { digit: string }) {
  return (
    <svg class="n" aria-hidden="true">
      <use href={`#n${digit}`} />
    </svg>
  )
}

/** The seal: closed for what was approved, apart for everything else that
 *  ended, a ghost of it for what is still to come. */
export function Seal({ is }: { is: 'joined' | 'apart' | 'ghost' | 'lower' }) {
  return (
    <svg class={is === 'joined' || is === 'apart' ? `seal seal-${is}` : 'seal'} viewBox="0 0 96 96" aria-hidden="true">
      {is === 'ghost' && <use href="#seal-ghost" />}
      {(is === 'joined' || is === 'apart') && <use class="half-a" href="#seal-a" />}
      {is !== 'ghost' && <use class="half-b" href="#seal-b" />}
    </svg>
  )
}

/** The heading of a sheet, read out when it comes up. */
export function Title({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [text])
  return (
    <h1 class="title" id="approval-title" tabIndex={-1} ref={heading}>
      {text}
    </h1>
  )
}

/** What the IT desk asks for: the same stands on the sign-in page and in its log. */
export function Reference({ asked }: { asked: Asked }) {
  if (asked.correlation === '') return null
  return (
    <p class="tiny center" translate={false}>
      {t('app.approve.reference', { reference: asked.correlation })}
    </p>
  )
}
