/** Each app hears of those that are added beside it, while it is open; the
 *  person's address always does. */
import type { Newer, Told } from '../remote/registrations'

const recent = 10 * 60_000 // what was added earlier is no news

const heard = new Set<string>()

/** The apps to tell of: added just now, and not told of yet. */
export function unheard(registration: string, { newer, serverTime }: Pick<Told, 'newer' | 'serverTime'>): Newer[] {
  return newer.filter(({ addedAt }) => {
    const key = `${registration} ${addedAt}`
    if (serverTime - addedAt > recent || heard.has(key)) return false
    heard.add(key)
    return true
  })
}
