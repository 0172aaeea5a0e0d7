/** What several screens of the backup draw. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import { when } from '../words/when'
import { forgetTrouble, trouble } from './act'
import { backup, begun, state } from './kept'

type PageProps = { title: string; from: string; children: ComponentChildren }

/** A screen: what went wrong on the one before is not said on it. */
export function Page({ title, from, children }: PageProps) {
  useEffect(() => forgetTrouble, [])
  return (
    <Frame title={title} from={from}>
      {children}
    </Frame>
  )
}

/** Why the last thing was not done, read out when it comes. */
export function TroubleNote() {
  return (
    <div class="said" role="alert">
      {trouble.value && (
        <p class="note caution">
          <Icon name="i-warn" look="i-s" />
          <span>{trouble.value}</span>
        </p>
      )}
    </div>
  )
}

/** How the backup is, in a few words. */
export function howItIs(): string {
  const [now, on] = [state.value, backup.value]
  if (!now || !on) return begun.value ? t('backup.row.begun') : t('backup.row.off')
  return now === 'fine' ? t('backup.row.fine', { when: when(new Date(on.watch.verified)) }) : t(`backup.row.${now}`)
}
