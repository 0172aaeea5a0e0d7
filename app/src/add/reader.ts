/** Asks the scanning worker what is in a frame. Questions wait for each other:
 *  a picture may be chosen while the camera looks, and each gets its own answer. */
import { scriptURL } from '../shell/trusted'
import type { Finding, Frame } from './scan.worker'
// oxlint-disable-next-line import/default -- Vite makes it
import workerURL from './scan.worker?worker&url'

export type Reader = {
  read(frame: Frame): Promise<Finding>
  close(): void
}

export function openReader(): Reader {
  const worker = new Worker(scriptURL(workerURL), { type: 'module' })
  const ask = (frame: Frame) =>
    new Promise<Finding>((resolve) => {
      worker.onmessage = (event: MessageEvent<Finding>) => resolve(event.data)
      worker.onerror = () => resolve({ failed: true }) // not to be had: no network, and not kept
      worker.postMessage(frame, [frame.image.data.buffer])
    })
  let answered: Promise<unknown> = Promise.resolve()
  return {
    read(frame) {
      const mine = answered.then(() => ask(frame))
      answered = mine
      return mine
    },
    close: () => worker.terminate(),
  }
}

/** The pixels of a video or a picture, scaled down to what reads well and fast. */
export function pixels(source: HTMLVideoElement | ImageBitmap, longest: number): ImageData | undefined {
  const [width, height] = source instanceof ImageBitmap ? [source.width, source.height] : [source.videoWidth, source.videoHeight]
  if (width === 0 || height === 0) return undefined
  const scale = Math.min(1, longest / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  context?.drawImage(source, 0, 0, canvas.width, canvas.height)
  return context?.getImageData(0, 0, canvas.width, canvas.height)
}
