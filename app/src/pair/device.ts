/** What this device is called, by what its browser says of itself: kind and
 *  browser, never a model code. The person can change the name. */
import { deviceOf } from '../words/here'

export type Kind = 'iphone' | 'ipad' | 'android' | 'windows' | 'mac' | 'chromebook' | 'linux' | 'other'

const kinds: readonly [RegExp, Kind][] = [
  [/iPhone|iPod/, 'iphone'],
  [/iPad/, 'ipad'],
  [/Android/, 'android'],
  [/Windows/, 'windows'],
  [/CrOS/, 'chromebook'],
  [/Mac OS X|Macintosh/, 'mac'],
  [/Linux/, 'linux'],
]

const browsers: readonly [RegExp, string][] = [
  [/Edg(?:A|iOS)?\//, 'Edge'],
  [/OPR\/|OPiOS\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const names: Record<Kind, string> = {
  iphone: 'iPhone',
  ipad: 'iPad',
  android: 'Android',
  windows: 'Windows',
  mac: 'Mac',
  chromebook: 'Chromebook',
  linux: 'Linux',
  other: '',
}

/** The kind of device. */
export function kindOf(agent: string, touchPoints: number): Kind {
  const kind = kinds.find(([pattern]) => pattern.test(agent))?.[1] ?? 'other'
  return kind === 'mac' && deviceOf(agent, touchPoints) === 'tablet' ? 'ipad' : kind
}

/** "iPhone, Safari": what the other screen asks about. */
export function platformOf(agent: string, touchPoints: number): string {
  const browser = browsers.find(([pattern]) => pattern.test(agent))?.[1] ?? ''
  return [names[kindOf(agent, touchPoints)], browser].filter(Boolean).join(', ') || 'Browser'
}

/** The most characters a name may have. */
export const longestName = 64

/** A name as the protocol takes it: printable, no spaces at its ends, at most
 *  64 characters. */
export function goodName(text: string): string {
  const shown = text.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, ' ').trim()
  return [...shown].slice(0, longestName).join('').trim()
}
