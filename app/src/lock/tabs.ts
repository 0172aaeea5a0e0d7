/** Locking is leaving: the page covers itself and is loaded anew, so that nothing
 *  of what it knew is left in it, and what is drawn first is the lock screen. All
 *  tabs do the same at the same time. */

/** `locked`: whoever is unlocked leaves. `changed`: the lock is another one, and
 *  every tab begins anew. */
type Word = 'locked' | 'changed'

const channel = new BroadcastChannel('countersign/lock')

/** Hears of other tabs. `unlocked` is a tab that has something to lose. */
export function followTabs(unlocked: () => boolean): void {
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data === 'changed' || unlocked()) leave()
  }
}

/** Locks every tab. */
export function lockAll(): void {
  channel.postMessage('locked' satisfies Word)
  leave()
}

/** The lock was turned on or off or changed: other tabs begin anew. */
export function tellChanged(): void {
  channel.postMessage('changed' satisfies Word)
}

/** Covers the page: nothing of it can be seen or read. */
export function cover(): void {
  document.documentElement.dataset.covered = ''
}

export function uncover(): void {
  delete document.documentElement.dataset.covered
}

function leave(): void {
  cover()
  location.reload()
}
