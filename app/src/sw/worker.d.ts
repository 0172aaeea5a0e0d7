/** The few names of a service worker that `knock.ts` uses: the DOM's types and
 *  the worker's cannot be loaded together. */

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

interface PushMessageData {
  json(): unknown
}

interface PushEvent extends ExtendableEvent {
  readonly data: PushMessageData | null
}

interface NotificationEvent extends ExtendableEvent {
  readonly notification: Notification
}

interface WindowClient {
  readonly visibilityState: DocumentVisibilityState
  focus(): Promise<WindowClient>
  postMessage(message: unknown): void
}

interface ServiceWorkerGlobalScopeEvents {
  install: ExtendableEvent
  push: PushEvent
  notificationclick: NotificationEvent
  pushsubscriptionchange: ExtendableEvent
}

interface ServiceWorkerGlobalScope {
  readonly registration: ServiceWorkerRegistration
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly WindowClient[]>
    openWindow(url: string): Promise<WindowClient | null>
  }
  skipWaiting(): Promise<void>
  addEventListener<K extends keyof ServiceWorkerGlobalScopeEvents>(
    type: K,
    listener: (event: ServiceWorkerGlobalScopeEvents[K]) => void,
  ): void
}

interface KnockWords {
  title: string
  gone: string
  change: string
  phone: string
}

declare module 'virtual:knock-words' {
  const words: { en: KnockWords; ja: KnockWords }
  export default words
}
