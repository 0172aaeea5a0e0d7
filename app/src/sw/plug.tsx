/** The app as a program: kept for times without a network, renewed when the
 *  person says so, opened at the address it was called with. */
import type { Plug } from '../shell/plug'
import { go } from '../shell/router'
import { startWorker, UpdateLine } from './update'

export const program: Plug = {
  notices: () => <UpdateLine />,
  background: () => {
    void startWorker().catch(() => undefined)
    globalThis.launchQueue?.setConsumer(({ targetURL }) => {
      const target = targetURL && URL.canParse(targetURL) ? new URL(targetURL) : undefined
      if (target && target.hash.length > 1 && target.hash !== location.hash) go(target.hash.slice(1))
    })
  },
}

declare global {
  /** A window that is already open is called again (manifest: `launch_handler`). */
  var launchQueue: { setConsumer(consumer: (launch: { targetURL?: string }) => void): void } | undefined
}
