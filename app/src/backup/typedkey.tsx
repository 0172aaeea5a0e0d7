/** How a recovery key comes in: typed, from a file, or seen by the camera. */
import type { Signal } from '@preact/signals'
import type { Ref } from 'preact'
import { useRef } from 'preact/hooks'
import { Finder } from '../add/scan'
import type { Remark } from '../add/arrive'
import { Icon } from '../shell/icon'
import { replace } from '../shell/router'
import { t } from '../words/words'
import { keyIn } from './paper'

type Props = {
  id: string
  label: string
  hint?: string
  typed: Signal<string>
  field?: Ref<HTMLTextAreaElement>
  wrong?: boolean
  /** The id of what says so. */
  error?: string
}

export function TypedKey({ id, label, hint, typed, field = null, wrong = false, error = '' }: Props) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        class="mono"
        rows={3}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        ref={field}
        value={typed.value}
        aria-invalid={wrong}
        aria-describedby={`${hint ? `${id}-hint` : ''} ${error}`.trim() || undefined}
        onInput={(event) => (typed.value = event.currentTarget.value)}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** A file with a recovery key is a page of text at most. */
const largest = 64 * 1024

/** The ways besides typing: `scan` is the screen of the camera, `took` hears what a file has. */
export function OtherWays({ scan, took }: { scan: string; took: (key: string) => void }) {
  const file = useRef<HTMLInputElement>(null)
  const chosen = async (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    const [one] = input.files ?? []
    input.value = '' // the same one may be chosen again
    if (one) took(keyIn(one.size > largest ? '' : await one.text().catch(() => '')))
  }
  return (
    <div class="btns">
      <a class="btn" href={`#${scan}`} data-instead>
        <Icon name="i-scan" look="i-s" />
        {t('recover.key.scan')}
      </a>
      <button class="btn" type="button" onClick={() => file.current?.click()}>
        <Icon name="i-download" look="i-s" />
        {t('recover.key.file')}
        <input ref={file} type="file" accept=".txt,text/plain" hidden onChange={(event) => void chosen(event)} onClick={(event) => event.stopPropagation()} />
      </button>
    </div>
  )
}

type SeenProps = {
  /** Opens with a key; answers why it did not, or nothing, and then the screen is left. */
  open: (key: string) => Promise<string | undefined>
  /** The screen where it is typed, and the one below. */
  type: string
  from: string
}

/** The camera on the printed page. */
export function SeenKey({ open, type, from }: SeenProps) {
  const hear = async (text: string): Promise<Remark | undefined> => {
    const why = await open(keyIn(text))
    return why === undefined ? undefined : { title: t('recover.scan.not'), text: why }
  }
  const ways = (
    <button class="btn" type="button" onClick={() => replace(type)}>
      <Icon name="i-keyboard" look="i-s" />
      {t('recover.scan.type')}
    </button>
  )
  return <Finder title={t('recover.scan.title')} point={t('recover.scan.point')} hear={hear} ways={ways} from={from} />
}
