/** Where the app runs: in a tab, or installed. */
import { signal } from '@preact/signals'
import { installOffer, onInstallOffer } from '../start/install'

const offered = signal(installOffer() !== undefined)

/** True while the browser would install the app if asked. */
export const installable = offered

onInstallOffer(() => {
  offered.value = installOffer() !== undefined
})

/** Asks the browser to install; it asks the person. */
export async function install(): Promise<void> {
  await installOffer()?.prompt()
  offered.value = false // an offer can be used once; the browser makes another when it likes
}

export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone), (display-mode: fullscreen), (display-mode: minimal-ui)').matches
}

/** A tab on iPhone or iPad: only there `standalone` exists and is false. */
export function isTabOfIOS(): boolean {
  return 'standalone' in navigator && navigator.standalone === false && !isInstalled()
}
