// A fake camera: what it sees is a .y4m file, which Chromium reads anew each
// time a page opens the camera. So one phone can look at many things.
import { rename, writeFile } from 'node:fs/promises'
import type { Browser, Locator } from '@playwright/test'

const width = 1280
const height = 720

/** Films nothing: a grey wall. */
export async function filmWall(file: string): Promise<void> {
  await load(file, film([new Uint8ClampedArray(width * height * 4).fill(128)]))
}

/** Films a picture (PNG) from some distance. */
export async function filmPicture(browser: Browser, file: string, png: Buffer): Promise<void> {
  await load(file, film([await pixels(browser, png)]))
}

/** Films what another page shows, as a camera held to its screen would. */
export async function filmScreen(browser: Browser, file: string, seen: Locator): Promise<void> {
  await filmPicture(browser, file, await seen.screenshot())
}

/** Films QR codes that move: what the page draws one after the other, as many as it takes. */
export async function filmMoving(file: string, seen: Locator, pictures: number): Promise<void> {
  const { size, paths } = await seen.evaluate(collect, pictures)
  await load(file, film(paths.map((path) => drawCode(path, size))))
}

/** Waits in the page until so many codes have been drawn. */
function collect(svg: Element, pictures: number): Promise<{ size: number; paths: string[] }> {
  const drawn = () => svg.querySelector('path')?.getAttribute('d') ?? ''
  const size = (svg as SVGSVGElement).viewBox.baseVal.width
  return new Promise((resolve) => {
    const paths = [drawn()]
    const observer = new MutationObserver(() => {
      if (paths.push(drawn()) < pictures) return
      observer.disconnect()
      resolve({ size, paths })
    })
    observer.observe(svg, { subtree: true, attributes: true, attributeFilter: ['d'] })
  })
}

/** A QR code on a screen, from some distance: strokes "Mx y.5hN" in a square with its quiet zone. */
function drawCode(path: string, size: number): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray(width * height * 4).fill(138)
  const module = Math.floor((0.8 * height) / size)
  const [left, top] = [(width - size * module) >> 1, (height - size * module) >> 1]
  const fill = (x: number, y: number, across: number, down: number, grey: number) => {
    for (let row = 0; row < down; row++) {
      const at = 4 * ((y + row) * width + x)
      rgba.fill(grey, at, at + 4 * across)
    }
  }
  fill(left, top, size * module, size * module, 255)
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)\.5h(\d+)/g)) {
    fill(left + (Number(x) + 4) * module, top + (Number(y) + 4) * module, Number(run) * module, module, 0)
  }
  return rgba
}

/** Puts a film in at once: a camera that is still open reads on in the old one. */
async function load(file: string, frames: Buffer): Promise<void> {
  await writeFile(`${file}.next`, frames)
  await rename(`${file}.next`, file)
}

/** Draws the picture in the middle of a frame and gives its pixels. */
async function pixels(browser: Browser, png: Buffer): Promise<Uint8ClampedArray> {
  const page = await browser.newPage()
  try {
    const base64 = await page.evaluate(draw, { url: `data:image/png;base64,${png.toString('base64')}`, w: width, h: height })
    return new Uint8ClampedArray(Buffer.from(base64, 'base64'))
  } finally {
    await page.close()
  }
}

async function draw({ url, w, h }: { url: string; w: number; h: number }): Promise<string> {
  const image = new Image()
  image.src = url
  await image.decode()
  const context = new OffscreenCanvas(w, h).getContext('2d')
  if (context === null) throw new Error('no canvas')
  context.fillStyle = '#8a8f88'
  context.fillRect(0, 0, w, h)
  const scale = (0.8 * h) / Math.max(image.width, image.height)
  const [across, down] = [image.width * scale, image.height * scale]
  context.drawImage(image, (w - across) / 2, (h - down) / 2, across, down)
  const { data } = context.getImageData(0, 0, w, h)
  let text = ''
  for (let i = 0; i < data.length; i += 0x8000) text += String.fromCharCode(...data.subarray(i, i + 0x8000))
  return btoa(text)
}

/** Pictures one after the other, for three tenths of a second each, over and over. */
function film(pictures: Uint8ClampedArray[]): Buffer {
  const frames = pictures.map((picture) => Buffer.concat([Buffer.from('FRAME\n'), yuv(picture)]))
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`)
  return Buffer.concat([head, ...frames.flatMap((frame) => [frame, frame, frame])])
}

/** A picture as YUV 4:2:0 (ITU-R BT.601, studio range). */
function yuv(rgba: Uint8ClampedArray): Buffer {
  const y = Buffer.alloc(width * height)
  const u = Buffer.alloc((width * height) / 4)
  const v = Buffer.alloc((width * height) / 4)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const i = row * width + column
      const [r, g, b] = [rgba[4 * i] ?? 0, rgba[4 * i + 1] ?? 0, rgba[4 * i + 2] ?? 0]
      y[i] = 16 + (65.738 * r + 129.057 * g + 25.064 * b) / 256
      if (row % 2 === 0 && column % 2 === 0) {
        const j = (row / 2) * (width / 2) + column / 2
        u[j] = 128 + (-37.945 * r - 74.494 * g + 112.439 * b) / 256
        v[j] = 128 + (112.439 * r - 94.154 * g - 18.285 * b) / 256
      }
    }
  }
  return Buffer.concat([y, u, v])
}
