/** The app is already open and is launched again – from a shortcut, a link, a
 *  notification: the open window goes there. */
import { go } from './router'

type Launch = { targetURL?: string }

declare global {
  interface Window {
    launchQueue?: { setConsumer(consumer: (launch: Launch) => void): void }
  }
}

export function followLaunches(): void {
  window.launchQueue?.setConsumer(({ targetURL }) => {
    const hash = targetURL && URL.canParse(targetURL) ? new URL(targetURL).hash : ''
    if (hash && hash !== location.hash) go(hash.slice(1))
  })
}
