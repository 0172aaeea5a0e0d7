// A fake camera: what it sees is a .y4m file, which Chromium reads anew each
// time a page opens the camera. So one phone can look at many things.
import { rename, writeFile } from 'node:fs/promises'
import { expect, type Browser, type Locator } from '@playwright/test'

const width = 1280
const height = 720

/** Films nothing: a grey wall. */
export async function filmWall(file: string): Promise<void> {
  await load(file, film([new Uint8ClampedArray(width * height * 4).fill(128)]))
}

/** Films a picture (PNG) from some distance. */
export async function filmPicture(browser: Browser, file: string, png: Buffer): Promise<void> {
  await load(file, film(await pixels(browser, [png])))
}

/** Films what another page shows, as a camera held to its screen would. */
export async function filmScreen(browser: Browser, file: string, seen: Locator): Promise<void> {
  await filmPicture(browser, file, await seen.screenshot())
}

/** Films a picture that moves: what it shows one after the other, as it changes. */
export async function filmMoving(browser: Browser, file: string, seen: Locator, pictures: number): Promise<void> {
  const shots: Buffer[] = []
  const drawn = () => seen.locator('path').getAttribute('d')
  for (let before: string | null = null; shots.length < pictures; ) {
    await expect.poll(drawn).not.toBe(before)
    before = await drawn()
    shots.push(await seen.screenshot())
  }
  await load(file, film(await pixels(browser, shots)))
}

/** Puts a film in at once: a camera that is still open reads on in the old one. */
async function load(file: string, frames: Buffer): Promise<void> {
  await writeFile(`${file}.next`, frames)
  await rename(`${file}.next`, file)
}

/** Draws each picture in the middle of a frame and gives its pixels. */
async function pixels(browser: Browser, pngs: Buffer[]): Promise<Uint8ClampedArray[]> {
  const page = await browser.newPage()
  try {
    const frames: Uint8ClampedArray[] = []
    for (const png of pngs) {
      const base64 = await page.evaluate(draw, { url: `data:image/png;base64,${png.toString('base64')}`, w: width, h: height })
      frames.push(new Uint8ClampedArray(Buffer.from(base64, 'base64')))
    }
    return frames
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

/** Pictures one after the other, three tenths of a second each, over and over. */
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
