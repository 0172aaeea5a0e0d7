/** What several screens of import and export draw. */
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../shell/icon'
import { t } from '../words/words'
import type { Trouble } from './said'

/** Why nothing came of it, and what does it at a terminal. */
export function TroubleNote({ trouble }: { trouble: Trouble | undefined }) {
  if (!trouble) return null
  return (
    <div class="note caution" role="alert">
      <Icon name="i-warn" look="i-s" />
      <div>
        <p>
          <strong>{trouble.title}</strong>
          {trouble.text}
        </p>
        {trouble.command && (
          <p>
            {t('files.trouble.terminal')} <code class="mono">{trouble.command}</code>
          </p>
        )}
      </div>
    </div>
  )
}

/** The title of a step; the focus goes there when the step begins. */
export function StepTitle({ children }: { children: string }) {
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus({ preventScroll: true }), [])
  return (
    <h2 class="title" ref={title} tabIndex={-1}>
      {children}
    </h2>
  )
}

type Work = { title: string; text: string; done: number; total: number; cancel: () => void }

/** Work on a password: how far it is, if somebody knows, and a way to end it. */
export function WorkCard({ title, text, done, total, cancel }: Work) {
  const share = total > 0 ? done / total : undefined
  return (
    <section class="card stack work">
      <StepTitle>{title}</StepTitle>
      {text && <p class="small">{text}</p>}
      <div class="row">
        <progress class="grow" aria-label={t('files.work.progress')} max={1} value={share} />
        {share !== undefined && (
          <span class="num small percent" aria-hidden="true">
            {t('files.work.percent', { n: Math.floor(share * 100) })}
          </span>
        )}
      </div>
      <button class="btn self-start" type="button" onClick={cancel}>
        {t('app.cancel')}
      </button>
    </section>
  )
}
