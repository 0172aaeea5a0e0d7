/** Codes as they are drawn and as they are read out. */
import type { Draw } from '../start/draw'
import { letters } from './letters'

/** A code in the groups people read it in: 3+3, 4+4. */
export function groups(code: string): string[] {
  const sizes: Record<number, number[]> = { 6: [3, 3], 7: [3, 4], 8: [4, 4], 9: [3, 3, 3], 10: [3, 3, 4] }
  let at = 0
  return (sizes[code.length] ?? [code.length]).map((size) => code.slice(at, (at += size)))
}

/** A code for a screen reader: digit by digit. */
export function spoken(code: string): string {
  return [...code].join(' ')
}

/** A code in drawn signs, smaller the longer it is. */
export function drawCode<N>(draw: Draw<N>, code: string, look = ''): N {
  const shown = groups(code).flatMap((group, i) => {
    const signs = [...group].map((sign) => drawSign(draw, sign))
    return i === 0 ? signs : [draw('i', { class: 'sp' }), ...signs]
  })
  const names = ['code', look, sizeOf(code)].filter(Boolean).join(' ')
  return draw('span', { class: names }, draw('span', { class: 'vh' }, spoken(code)), ...shown)
}

/** A code that is hidden: a dot for each sign, in its groups. */
export function drawVeil<N>(draw: Draw<N>, code: string, look = ''): N {
  const dots = groups(code).flatMap((group, i) => {
    const signs = [...group].map(() => draw('i', { class: 'n' }))
    return i === 0 ? signs : [draw('i', { class: 'sp' }), ...signs]
  })
  return draw('span', { class: ['code', 'veil', look, sizeOf(code)].filter(Boolean).join(' '), 'aria-hidden': 'true' }, ...dots)
}

function sizeOf(code: string): string {
  return code.length > 8 ? 'longer' : code.length > 6 ? 'long' : ''
}

function drawSign<N>(draw: Draw<N>, sign: string): N {
  const path = letters[sign]
  if (path !== undefined) return draw('svg', { class: 'n', viewBox: '0 0 60 96', 'aria-hidden': 'true' }, draw('path', { d: path }))
  // Small letters, of Yandex and mOTP, are not drawn: they come in the text's own type.
  if (sign > '9') return draw('span', { class: 'n', 'aria-hidden': 'true' }, sign)
  return draw('svg', { class: 'n', 'aria-hidden': 'true' }, draw('use', { href: `#n${sign}` }))
}
