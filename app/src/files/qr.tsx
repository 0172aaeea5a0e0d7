/** QR codes, drawn: dark on light in every look, because scanners want it so. */
import { useSignal } from '@preact/signals'
import type { Picture } from '../core/core'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { t } from '../words/words'
import { StepTitle } from './parts'

export function QR({ picture: { size, path }, label }: { picture: Picture; label: string }) {
  return (
    <svg class="qr-code" viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  )
}

/** Codes for another phone, one at a time. */
export function Codes({ codes }: { codes: Picture[] }) {
  const at = useSignal(0)
  const picture = codes[at.value]
  const place = { n: at.value + 1, of: codes.length }
  return (
    <>
      <StepTitle>{t('files.export.code', place)}</StepTitle>
      <p class="small">{t('files.export.code.how')}</p>
      {picture && <QR picture={picture} label={t('files.export.code.name', place)} />}
      <div class="btns">
        {at.value > 0 && (
          <button class="btn" type="button" onClick={() => at.value--}>
            {t('files.export.before')}
          </button>
        )}
        {at.value < codes.length - 1 ? (
          <button class="btn primary" type="button" onClick={() => at.value++}>
            {t('files.export.next')}
            <Icon name="i-right" look="i-s" />
          </button>
        ) : (
          <button class="btn primary" type="button" onClick={() => back('files')}>
            {t('files.export.hide')}
          </button>
        )}
      </div>
    </>
  )
}
