import type { ComponentChildren } from 'preact'
import { Frame } from '../shell/frame'
import { t } from '../words/words'

/** One column below the words "Add account". */
export function Screen({ children }: { children: ComponentChildren }) {
  return (
    <Frame title={t('app.pair.title')} from="">
      <div class="pairing-screen">{children}</div>
    </Frame>
  )
}
