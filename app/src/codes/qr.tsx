/** An account as a QR code, for another phone. It is drawn here and shows the
 *  secret itself, so it is warned of first and leaves with the sheet. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Link } from '../core/ops'
import { loadCore } from '../core/plug'
import { maySecretsLeave } from '../files/leave'
import { Icon } from '../shell/icon'
import { closeSheet, nextSheet, type Sheet } from '../shell/router'
import { confirm, Dialog } from '../shell/sheets'
import type { Entry } from '../store/vault'
import { t } from '../words/words'
import { wordsOf } from './deeds'
import { titleOf } from './mark'

/** Says what the code means; then shows it. */
export async function openCodeOf(entry: Entry): Promise<void> {
  const name = titleOf(entry)
  const sure = await confirm({ title: t('app.qr.title', { name }), text: t('app.qr.warning'), yes: t('app.qr.show') })
  if (!sure || !(await maySecretsLeave())) return
  const sheet: Sheet = { draw: (close) => <CodeSheet entry={entry} close={close} /> }
  nextSheet(sheet)
  const hide = () => {
    document.removeEventListener('visibilitychange', hide)
    closeSheet(sheet)
  }
  sheet.closed = () => document.removeEventListener('visibilitychange', hide)
  document.addEventListener('visibilitychange', hide)
}

function CodeSheet({ entry, close }: { entry: Entry; close: () => void }) {
  const link = useSignal<Link | undefined>(undefined)
  const trouble = useSignal('')
  useEffect(() => {
    const read = async () => {
      const { result } = await (await loadCore()).ask('export', { format: 'uris', ids: [entry.id] })
      link.value = result.links?.[0]
      if (!link.value?.picture) trouble.value = t('app.qr.long')
    }
    void read().catch((thrown: unknown) => (trouble.value = wordsOf(thrown)))
  }, [entry.id])
  const name = titleOf(entry)
  const picture = link.value?.picture
  return (
    <Dialog title={name} close={close}>
      <p>{t('app.qr.how')}</p>
      {trouble.value && (
        <p class="note caution" role="alert">
          {trouble.value}
        </p>
      )}
      {picture && (
        <svg class="qr-account" viewBox={`-4 -4 ${picture.size + 8} ${picture.size + 8}`} role="img" aria-label={t('app.qr.label', { name })} shape-rendering="crispEdges">
          <path d={picture.path} />
        </svg>
      )}
      <p class="note caution">
        <Icon name="i-warn" look="i-s" />
        <span>{t('app.qr.still')}</span>
      </p>
      <button class="btn primary" type="button" onClick={close}>
        {t('app.qr.hide')}
      </button>
    </Dialog>
  )
}
