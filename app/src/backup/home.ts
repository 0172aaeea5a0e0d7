/** The sign-in service behind this app: it knows the app as one of the house, others
 *  only if their operators say so. */
import { readIssuer } from '../pair/link'
import { parse, plain, readBytes } from '../remote/door'
import { object, stranger, text } from '../remote/fields'
import { ownClock } from '../remote/clock'

/** Its issuer. Throws Trouble. */
export async function ownIssuer(): Promise<string> {
  const response = await plain('/config.json', { signal: AbortSignal.timeout(10_000) }, ownClock())
  const issuer = readIssuer(text(object(parse(await readBytes(response))).issuer))
  if (!issuer) throw stranger()
  return issuer
}
