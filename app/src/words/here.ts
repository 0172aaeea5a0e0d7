/** What the app runs on, so that a phone is called a phone and a computer one. */

export type Device = 'phone' | 'tablet' | 'computer'

/** By what the browser says of itself. An iPad says that it is a Mac; its screen
 *  knows better. */
export function deviceOf(agent: string, touchPoints: number): Device {
  if (/iPhone|iPod|Android.*Mobile/.test(agent)) return 'phone'
  return /iPad|Android/.test(agent) || (/Macintosh/.test(agent) && touchPoints > 1) ? 'tablet' : 'computer'
}

export function device(): Device {
  return deviceOf(navigator.userAgent, navigator.maxTouchPoints)
}
