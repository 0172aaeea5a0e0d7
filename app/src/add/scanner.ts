/** One visit to the scanner: the camera while it is open, pictures, pasted
 *  texts, and what there is to say about them. */
import { signal, type ReadonlySignal } from '@preact/signals'
import { t } from '../words/words'
import type { Remark } from './arrive'
import { openCamera, type Camera, type CameraReason } from './camera'
import { openReader, pixels, type Reader } from './reader'

/** A pause between two looks, in milliseconds: quick enough for a hand, kind to the battery. */
const pause = 120

export type Scanner = {
  /** The camera, or why there is none; nothing while the person is asked. */
  camera: ReadonlySignal<Camera | CameraReason | undefined>
  /** What to say about what was seen last. */
  remark: ReadonlySignal<Remark | undefined>
  /** Asks for the camera, again if it was refused. */
  open(): Promise<void>
  /** Shows the camera in this element and looks through it. */
  watch(video: HTMLVideoElement | null): void
  picture(file: Blob): Promise<void>
  text(text: string): Promise<void>
  close(): void
}

/** Begins a visit. `hear` is told each text that was found, once, and answers
 *  with what to say about it. */
export function newScanner(hear: (text: string) => Promise<Remark | undefined>): Scanner {
  const camera = signal<Camera | CameraReason | undefined>(undefined)
  const remark = signal<Remark | undefined>(undefined)
  const reader = openReader()
  let closed = false
  let watching: HTMLVideoElement | undefined

  const text = async (found: string) => {
    remark.value = await hear(found)
  }
  const opened = () => (typeof camera.value === 'object' ? camera.value : undefined)

  return {
    camera,
    remark,
    text,
    async open() {
      const answer = await openCamera()
      if (closed && typeof answer === 'object') answer.close()
      else camera.value = answer
    },
    watch(video) {
      const stream = opened()?.stream
      if (!video || !stream || video === watching) return
      watching = video
      video.srcObject = stream
      void video.play().catch(() => undefined) // a browser that saves power plays at the first touch
      void lookThrough(video, reader, () => closed, async (found) => {
        if (found === undefined) remark.value = notLoaded()
        else await text(found)
      })
    },
    async picture(file) {
      const found = await readPicture(file, reader)
      if (typeof found === 'string') await text(found)
      else remark.value = found
    },
    close() {
      closed = true
      opened()?.close()
      reader.close()
    },
  }
}

/** Looks at frame after frame. Each new text is told once; nothing is told when
 *  there is no way to look. */
async function lookThrough(
  video: HTMLVideoElement,
  reader: Reader,
  closed: () => boolean,
  tell: (text: string | undefined) => Promise<void>,
): Promise<void> {
  let seen: string | undefined
  while (!closed()) {
    const image = document.hidden ? undefined : pixels(video, 1000)
    const { text, failed } = image ? await reader.read({ image, thorough: false }) : {}
    if (closed()) return
    if (failed) return tell(undefined)
    if (text !== undefined && text !== seen) await tell((seen = text))
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** The text in a picture, or what to say instead. Large pictures are read small first. */
export async function readPicture(file: Blob, reader: Reader): Promise<string | Remark> {
  const bitmap = await createImageBitmap(file).catch(() => undefined)
  if (!bitmap) return { title: t('app.scan.picture.broken'), text: t('app.scan.picture.other') }
  for (const longest of [1200, 4000]) {
    const image = pixels(bitmap, longest)
    const { text, failed } = image ? await reader.read({ image, thorough: true }) : {}
    if (failed) return notLoaded()
    if (text !== undefined) return text
  }
  return { title: t('app.scan.picture.none'), text: t('app.scan.picture.other') }
}

function notLoaded(): Remark {
  return { title: t('app.scan.failed.title'), text: t('app.scan.failed.text') }
}
