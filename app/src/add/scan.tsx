/** The scanner's screen. Whatever happens to the camera, typing works. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { useTitle } from '../shell/frame'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { t } from '../words/words'
import { arrive, type Remark } from './arrive'
import type { CameraReason } from './camera'
import { newScanner, type Scanner } from './scanner'

export function ScanScreen() {
  const manual = (
    <a class="btn" href="#add/manual" data-instead="">
      <Icon name="i-keyboard" look="i-s" />
      {t('app.scan.manual')}
    </a>
  )
  return <Finder title={t('app.scan.title')} point={t('app.scan.point')} hear={arrive} ways={manual} from="" />
}

type FinderProps = {
  title: string
  /** What to do, as long as there is nothing else to say. */
  point: string
  /** Told each text that is found; answers with what to say about it. */
  hear: (text: string) => Promise<Remark | undefined>
  /** Ways besides the camera and a picture. */
  ways: ComponentChildren
  /** Where *close* leads when the person came from outside. */
  from: string
}

/** Looks for QR codes, through the camera, in pictures and in what is pasted. */
export function Finder({ title, point, hear, ways, from }: FinderProps) {
  useTitle(title)
  const scanner = useMemo(() => newScanner(hear), [])
  useEffect(() => {
    void scanner.open()
    return () => scanner.close()
  }, [scanner])
  usePaste(scanner)
  const camera = scanner.camera.value
  const torch = typeof camera === 'object' ? camera.torch : undefined
  return (
    <div class="camera">
      {typeof camera === 'object' && <video class="scene" ref={(video) => scanner.watch(video)} muted playsInline aria-hidden="true" />}
      <header class="topbar">
        <button class="icon-btn" type="button" onClick={() => back(from)}>
          <Icon name="i-close" />
          <span class="vh">{t('app.close')}</span>
        </button>
        <h1 class="title" tabIndex={-1}>
          {title}
        </h1>
        {torch && <Torch torch={torch} />}
      </header>
      <main class="finder">
        {typeof camera === 'string' ? <NoCamera why={camera} again={() => void scanner.open()} /> : <Corners />}
      </main>
      <Tips scanner={scanner} point={point} ways={ways} />
    </div>
  )
}

function Tips({ scanner, point, ways }: { scanner: Scanner } & Pick<FinderProps, 'point' | 'ways'>) {
  const remark = scanner.remark.value
  const watching = typeof scanner.camera.value === 'object'
  return (
    <section class="tips" aria-label={t('app.scan.ways')}>
      <p role="status" class={remark ? 'remark' : ''}>
        {remark && <strong>{remark.title}</strong>}
        {remark ? remark.text : watching && point}
      </p>
      <div class="btns">
        {ways}
        <ChooseImage scanner={scanner} />
      </div>
    </section>
  )
}

function ChooseImage({ scanner }: { scanner: Scanner }) {
  const input = useRef<HTMLInputElement>(null)
  const chosen = (event: Event) => {
    const field = event.currentTarget as HTMLInputElement
    const [file] = field.files ?? []
    field.value = '' // the same picture may be chosen again
    if (file) void scanner.picture(file)
  }
  return (
    <button class="btn" type="button" onClick={() => input.current?.click()}>
      <Icon name="i-image" look="i-s" />
      {t('app.scan.image')}
      <input ref={input} type="file" accept="image/*" hidden onChange={chosen} onClick={(event) => event.stopPropagation()} />
    </button>
  )
}

function Torch({ torch }: { torch: (on: boolean) => Promise<void> }) {
  const on = useSignal(false)
  const turn = async () => {
    const wanted = !on.value
    on.value = await torch(wanted).then(() => wanted, () => !wanted) // the lamp may be in use elsewhere
  }
  return (
    <button class="icon-btn" type="button" aria-pressed={on.value} onClick={() => void turn()}>
      <Icon name="i-torch" />
      <span class="vh">{t('app.scan.torch')}</span>
    </button>
  )
}

function Corners() {
  return (
    <svg class="corners" viewBox="0 0 280 280" aria-hidden="true">
      <path d="M4 70V36A32 32 0 0 1 36 4h34M210 4h34a32 32 0 0 1 32 32v34M276 210v34a32 32 0 0 1-32 32h-34M70 276H36a32 32 0 0 1-32-32v-34" />
    </svg>
  )
}

/** What happened to the camera, and that the other ways work. */
function NoCamera({ why, again }: { why: CameraReason; again: () => void }) {
  const { title, text } = noCamera(why)
  return (
    <div class="stack no-camera" role="alert">
      <Icon name="i-block" look="i-l" />
      <h2 class="title">{title}</h2>
      <p>{text}</p>
      {why !== 'insecure' && (
        <button class="btn sm" type="button" onClick={again}>
          <Icon name="i-refresh" look="i-s" />
          {t('app.scan.again')}
        </button>
      )}
    </div>
  )
}

function noCamera(why: CameraReason): { title: string; text: string } {
  switch (why) {
    case 'refused':
      return { title: t('app.scan.refused.title'), text: t('app.scan.refused.text') }
    case 'none':
      return { title: t('app.scan.none.title'), text: t('app.scan.none.text') }
    case 'busy':
      return { title: t('app.scan.busy.title'), text: t('app.scan.busy.text') }
    case 'insecure':
    case 'failed':
      return { title: t('app.scan.nocamera.title'), text: t('app.scan.none.text') }
  }
}

/** A picture or a text from the clipboard works as if it had been scanned. */
function usePaste(scanner: Scanner): void {
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const [file] = event.clipboardData?.files ?? []
      const text = event.clipboardData?.getData('text/plain')
      if (file) void scanner.picture(file)
      else if (text) void scanner.text(text)
    }
    addEventListener('paste', onPaste)
    return () => removeEventListener('paste', onPaste)
  }, [scanner])
}
