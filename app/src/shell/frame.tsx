/** The frame of a screen: a bar at the top, what it is about, perhaps the dock. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { t } from '../words/words'
import { attention } from './attention'
import { drawDock, drawSkip } from './dock'
import { draw } from './h'
import { Icon } from './icon'
import { back } from './router'

type Frame = {
  /** The name of the screen, in the bar and in the window's title. */
  title: string
  /** Where *back* leads when the person came from outside; none on a root screen. */
  from?: string
  /** Said, but not shown: the screen shows it in its own way. */
  quiet?: boolean
  /** What stands at the end of the bar. */
  end?: ComponentChildren
  dock?: 'accounts' | 'menu'
  children: ComponentChildren
}

export function Frame({ title, from, quiet, end, dock, children }: Frame) {
  useTitle(title)
  return (
    <div class="app narrow">
      {dock && drawSkip(draw)}
      <header class="topbar">
        {from !== undefined && <BackButton to={from} />}
        <h1 class={dock ? 'title root' : 'title'} tabIndex={-1}>
          {quiet ? <span class="vh">{title}</span> : title}
        </h1>
        {end}
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {dock && drawDock(draw, dock, attention())}
    </div>
  )
}

export function BackButton({ to }: { to: string }) {
  return (
    <button class="icon-btn" type="button" onClick={() => back(to)}>
      <Icon name="i-back" />
      <span class="vh">{t('app.back')}</span>
    </button>
  )
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Countersign`
  }, [title])
}
