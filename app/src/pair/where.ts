/** Whether this page is the app, or only a browser tab that was sent to it. On
 *  some phones the two do not even share their storage. */

/** True in an installed app. */
export function installed(): boolean {
  const legacy = navigator as Navigator & { standalone?: boolean }
  return legacy.standalone === true || matchMedia('(display-mode: standalone), (display-mode: window-controls-overlay)').matches
}

/** True when the address was opened from outside rather than reached in the
 *  app: our own steps leave a mark in the history. */
export function fromOutside(): boolean {
  return history.state === null
}
