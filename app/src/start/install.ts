/** Chromium says once, early, that the app can be installed. Whoever offers it
 *  later asks here. */

/** The event of Chromium that is not in the DOM's types. */
export type InstallOffer = Event & { prompt(): Promise<{ outcome: 'accepted' | 'dismissed' }> }

let offer: InstallOffer | undefined
let told: () => void = () => undefined

export function startInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault() // our own row offers it, when the person looks for it
    keep(event as InstallOffer)
  })
  addEventListener('appinstalled', () => keep(undefined))
}

/** The browser's offer to install, if it made one. */
export function installOffer(): InstallOffer | undefined {
  return offer
}

/** Hears when the offer comes or goes. */
export function onInstallOffer(listener: () => void): void {
  told = listener
}

function keep(event: InstallOffer | undefined): void {
  offer = event
  told()
}
