import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../words/words'

/** The frame of what can be seen without unlocking. */
export function Cover({ children }: { children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <div class="app narrow lock">
      <main id="main">
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
          <use href="#logo" />
        </svg>
        <h1 class="title" tabIndex={-1} ref={heading}>
          {t('lock.title')}
        </h1>
        {children}
      </main>
    </div>
  )
}
