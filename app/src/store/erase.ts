/** Removes everything this app keeps on this device, in every tab. */
import { deleteDatabase } from './database'

const channel = new BroadcastChannel('countersign/erased')

/** Another tab removed everything: begin anew. */
export function followErasing(): void {
  channel.onmessage = () => location.replace('/')
}

export async function eraseStore(): Promise<void> {
  await deleteDatabase()
  localStorage.clear()
  sessionStorage.clear()
  await Promise.allSettled([dropCaches(), dropWorkers()])
  channel.postMessage('erased')
}

async function dropCaches(): Promise<void> {
  for (const name of (await globalThis.caches?.keys()) ?? []) await caches.delete(name)
}

async function dropWorkers(): Promise<void> {
  for (const worker of (await navigator.serviceWorker?.getRegistrations()) ?? []) await worker.unregister()
}
