/** The sheets over the screen. What lies below the topmost one can be neither
 *  reached nor read. */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { t } from '../words/words'
import { Icon } from './icon'
import { closeSheet, nextSheet, sheets, type Sheet } from './router'
import { hideToast } from './toast'

/** Draws the open sheets; the page's `#sheets` is their place. */
export function Sheets() {
  const top = sheets.value.length - 1
  return sheets.value.map((sheet, i) => <Layer key={nameOf(sheet)} sheet={sheet} top={i === top} />)
}

const names = new WeakMap<Sheet, number>()
let named = 0

/** A sheet that takes another's place is another layer, with its own focus. */
function nameOf(sheet: Sheet): number {
  const name = names.get(sheet) ?? ++named
  names.set(sheet, name)
  return name
}

function Layer({ sheet, top }: { sheet: Sheet; top: boolean }) {
  const scrim = useRef<HTMLDivElement>(null)
  const close = () => closeSheet(sheet)
  useFocusInside(scrim)
  useEffect(hideToast, []) // it would lie over what the sheet asks
  useEscape(top && !sheet.standing, close)
  const beside = (event: MouseEvent) => {
    if (event.target === event.currentTarget && !sheet.standing) close()
  }
  return (
    <div class="scrim" ref={scrim} inert={!top} onClick={beside}>
      {sheet.draw(close)}
    </div>
  )
}

/** A dialog with a title, what it says and its buttons. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const id = useId()
  return (
    <section class="dialog stack" role="dialog" aria-modal="true" aria-labelledby={id}>
      <div class="row spread">
        <h2 class="title" id={id} tabIndex={-1}>
          {title}
        </h2>
        <button class="icon-btn" type="button" onClick={close}>
          <Icon name="i-close" />
          <span class="vh">{t('app.close')}</span>
        </button>
      </div>
      {children}
    </section>
  )
}

/** What `confirm` asks. `danger` marks an answer that takes something away. */
export type Question = { title: string; text: string; yes: string; danger?: boolean }

/** Asks, in place of a sheet that is open, and answers true for yes; closing is no. */
export function confirm(question: Question): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = false
    const say = (close: () => void) => {
      answer = true
      close()
    }
    nextSheet({
      closed: () => resolve(answer),
      draw: (close) => (
        <Dialog title={question.title} close={close}>
          <p>{question.text}</p>
          <div class="btns">
            <button class="btn" type="button" onClick={close}>
              {t('app.cancel')}
            </button>
            <button class={question.danger ? 'btn danger solid' : 'btn primary'} type="button" onClick={() => say(close)}>
              {question.yes}
            </button>
          </div>
        </Dialog>
      ),
    })
  })
}

/** Moves the focus into a sheet, and back to where it was when the sheet goes. */
function useFocusInside(place: { current: HTMLElement | null }): void {
  useEffect(() => {
    const before = document.activeElement
    const first = place.current?.querySelector<HTMLElement>('[autofocus], [role=dialog] h2, h1')
    first?.focus()
    return () => {
      // The layer below is inert until the topmost sheet has left the page.
      queueMicrotask(() => before instanceof HTMLElement && before.isConnected && before.focus())
    }
  }, [place])
}

function useEscape(active: boolean, close: () => void): void {
  useEffect(() => {
    if (!active) return undefined
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) close()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
}

/** Keeps what lies below a filled layer out of reach: `layers` from bottom to top. */
export function guardLayers(layers: readonly HTMLElement[]): void {
  const settle = () => {
    layers.forEach((layer, i) => {
      layer.inert = layers.slice(i + 1).some((above) => above.childElementCount > 0)
    })
  }
  const observer = new MutationObserver(settle)
  for (const layer of layers) observer.observe(layer, { childList: true })
  settle()
}
