/** Instants the way people say them, in this phone's zone: "today 14:32",
 *  "3 March, 14:32", 「昨日 14:32」. The same rule as `ui/when.go`. */
import { t } from './words'

export function when(at: Date, now = new Date()): string {
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}`
  switch (daysBetween(now, at)) {
    case -1:
      return t('time.yesterday', { clock })
    case 0:
      return t('time.today', { clock })
    case 1:
      return t('time.tomorrow', { clock })
  }
  return t('time.at', { day: date(at, now), clock })
}

/** `when` without the clock. */
export function day(at: Date, now = new Date()): string {
  switch (daysBetween(now, at)) {
    case -1:
      return t('time.day.yesterday')
    case 0:
      return t('time.day.today')
    case 1:
      return t('time.day.tomorrow')
  }
  return date(at, now)
}

function date(at: Date, now: Date): string {
  const month = t('time.months').split(' ')[at.getMonth()] ?? ''
  const parts = { day: at.getDate(), month, year: at.getFullYear() }
  return at.getFullYear() === now.getFullYear() ? t('time.day.this_year', parts) : t('time.day.other_year', parts)
}

/** Calendar days from one to the other, whatever the clocks did in between. */
function daysBetween(from: Date, to: Date): number {
  const noon = (at: Date) => Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), 12)
  return Math.round((noon(to) - noon(from)) / 86_400_000)
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}
