/** A text that another screen found and that belongs here: a code of Google
 *  Authenticator, seen by the scanner or opened as a link. */
import { replace } from '../shell/router'

let handed: string | undefined

/** Leaves a text for the import and goes there, in place of this screen. */
export function handOver(text: string): void {
  handed = text
  replace('files/scan')
}

/** The text that was left, once. */
export function takeHanded(): string | undefined {
  const text = handed
  handed = undefined
  return text
}
