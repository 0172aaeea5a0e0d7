/** Codes as they are drawn and as they are read out. */
import digits from 'virtual:digits'
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
  return draw('span', { class: codeLook(code, look) }, draw('span', { class: 'vh' }, spoken(code)), drawSigns(draw, code))
}

/** A code that is hidden. */
export function drawVeil<N>(draw: Draw<N>, code: string, look = ''): N {
  return draw('span', { class: codeLook(code, `veil ${look}`), 'aria-hidden': 'true' }, drawDots(draw, code))
}

/** The classes of what shows a code. */
export function codeLook(code: string, look = ''): string {
  return ['code', look, code.length > 8 ? 'longer' : code.length > 6 ? 'long' : ''].filter(Boolean).join(' ')
}

/** A dot for each sign, in its groups. */
export function drawDots<N>(draw: Draw<N>, code: string): N {
  return drawSigns(draw, code.replace(/./gu, '•'))
}

/** The signs of all codes, on a grid of 60 by 96. Small letters, of Yandex and
 *  mOTP, are not drawn: they come in the text's own type. */
const signs: Readonly<Record<string, string>> = { ...digits, ...letters, '•': 'M30 48h.01' }

/** From one sign to the next, and what a group keeps from the one before. */
const pitch = 73.5
const apart = 36.5

/** All signs as one path: a list has hundreds of them, and every element costs. Nobody
 *  hears it, unless it has a name. */
export function drawSigns<N>(draw: Draw<N>, code: string, name?: string): N {
  let x = 0
  let path = ''
  const typed: { sign: string; at: number }[] = []
  for (const group of groups(code)) {
    for (const sign of group) {
      if (signs[sign] === undefined) typed.push({ sign, at: x + 30 })
      else path += placed(sign, x)
      x += pitch
    }
    x += apart
  }
  const heard = name === undefined ? { 'aria-hidden': 'true' } : { role: 'img', 'aria-label': name }
  const props = { class: 'signs', viewBox: `0 0 ${x - apart - (pitch - 60)} 96`, ...heard }
  const type = typed.length > 0 && draw('text', { x: typed.map(({ at }) => at).join(' '), y: 83 }, typed.map(({ sign }) => sign).join(''))
  return draw('svg', props, draw('path', { d: path }), type || null)
}

const known = new Map<string, string>()

/** The path of a sign that stands further right. */
function placed(sign: string, x: number): string {
  const name = sign + x
  let path = known.get(name)
  if (path === undefined) known.set(name, (path = moved(signs[sign] ?? '', x)))
  return path
}

/** Moves a path to the right. Its small commands are relative, and stay as they are. */
export function moved(path: string, by: number): string {
  return path.replace(/([A-Z])([^A-Za-z]*)/g, (_, command: string, numbers: string) => {
    let n = 0
    return command + numbers.replace(/-?[\d.]+/g, (number) => (command === 'V' || (command !== 'H' && n++ % 2) ? number : String(Number(number) + by)))
  })
}
