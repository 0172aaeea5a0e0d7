/** The sign-in service behind this app: the only one that knows it as an
 *  application of the house, and so the only one that can keep its backup. */
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
