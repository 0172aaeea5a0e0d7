/** Notifications in the app: kept in order, said in the menu, followed when touched. */
import { effect } from '@preact/signals'
import { dispatch } from '../approve/state'
import { paired } from '../remote/registrations'
import type { Plug } from '../shell/plug'
import { go } from '../shell/router'
import { PushLine } from './offer'
import { renew, unsubscribe } from './push'

export const pushes: Plug = {
  menu: () => <PushLine />,
  leave: async (entry) => unsubscribe(entry.server?.pushScope),
  erase: async () => {
    await Promise.allSettled(paired().map(({ server }) => unsubscribe(server.pushScope)))
  },
  background: () => {
    followAccounts()
    navigator.serviceWorker?.addEventListener('message', ({ data }: MessageEvent<{ show?: unknown }>) => {
      if (typeof data?.show === 'string') show(data.show)
    })
  },
}

/** A notification was touched while the app was open. */
function show(place: string): void {
  const [word, registration, id] = place.split('/').map(decodeURIComponent)
  if (word === 'approve' && registration && id) dispatch({ is: 'opened', ref: { registration, id } })
  else go('')
}

/** Subscribes as accounts become active, and ends what is theirs when they go. */
function followAccounts(): void {
  let known: string | undefined
  effect(() => {
    const now = paired()
      .map(({ server }) => [server.registration, server.state, server.pushKey].join())
      .join(' ')
    if (now === known) return
    known = now
    void renew().catch(() => undefined)
  })
}
