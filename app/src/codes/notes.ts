/** What stands above the list while it lasts: no network, a wrong clock. */
import type { Vault } from '../store/vault'
import { t } from '../words/words'
import { wrongBy } from './skew'

export type Note = {
  tone: '' | 'caution'
  icon: string
  title: string
  text: string
  link?: { to: string; text: string }
}

/** The notes that are true now. `offsets` are servers' clocks minus this phone's. */
export function notesFor(vault: Vault, online: boolean, offsets: readonly number[]): Note[] {
  const notes: Note[] = []
  if (!online) notes.push(offline(vault))
  const skew = wrongBy(offsets)
  if (skew) notes.push(clock(vault, skew.by, skew.certain))
  return notes
}

function offline(vault: Vault): Note {
  const paired = vault.entries.some((entry) => entry.server)
  return {
    tone: '',
    icon: 'i-offline',
    title: t('app.list.offline'),
    text: paired ? t('app.list.offline.paired') : t('app.list.offline.codes'),
  }
}

function clock(vault: Vault, by: number, certain: boolean): Note {
  const seconds = Math.round(Math.abs(by) / 1000)
  const n = seconds < 60 ? seconds : Math.round(seconds / 60)
  const others = vault.entries.some((entry) => !entry.server)
  const corrected = !others || vault.settings.clockOffset !== 0
  const note: Note = {
    tone: 'caution',
    icon: 'i-clock',
    title: clockTitle(by > 0, seconds < 60, n),
    text: corrected ? t('app.list.clock.all') : t('app.list.clock.some'),
  }
  if (!corrected && certain) note.link = { to: '#clock', text: t('app.list.clock.more') }
  return note
}

function clockTitle(slow: boolean, inSeconds: boolean, n: number): string {
  if (slow) return inSeconds ? t('app.list.clock.slow.seconds', { n }) : t('app.list.clock.slow.minutes', { n })
  return inSeconds ? t('app.list.clock.fast.seconds', { n }) : t('app.list.clock.fast.minutes', { n })
}
