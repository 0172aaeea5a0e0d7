/** Whether the browser may throw the accounts away when it runs out of room. */
import { signal } from '@preact/signals'

/** True when the browser promised to keep them; nothing where it cannot say. */
export const persisted = signal<boolean | undefined>(undefined)

export async function learnPersistence(): Promise<void> {
  persisted.value = await navigator.storage?.persisted?.()
}

/** Asks the browser for the promise; some ask the person, some decide alone. */
export async function askPersistence(): Promise<boolean> {
  persisted.value = await navigator.storage?.persist?.()
  return persisted.value === true
}
