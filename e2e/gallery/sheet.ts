// The contact sheet: each screen beside its design, as a page and as one picture.
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium as engine, type Page } from '@playwright/test'
import { chromium } from '../chromium.ts'

const root = join(import.meta.dirname, '../..')

/** Where the design's pictures lie, and where ours go. */
export const designs = join(root, 'docs/gallery')
export const out = join(root, 'gallery-out')

/** What the design calls the screens that other journeys look at. */
const journeys: Record<string, string> = {
  'a03-restore': 'a03-account-restore',
  'a06-backup': 'a06-backup',
  'a07-begin': 'a07-recover-1',
  'a07-unlock': 'a07-recover-2',
  'a07-list': 'a07-recover-3',
  d1: 'd1-overview',
  d2: 'd2-users',
  d3: 'd3-user',
}

/** Takes over what journeys have left in `seen`. */
async function gather(): Promise<void> {
  await mkdir(join(out, 'seen'), { recursive: true })
  for (const file of await readdir(join(out, 'seen'))) {
    const [name = '', look = ''] = file.split('.')
    if (journeys[name]) await copyFile(join(out, 'seen', file), join(out, `${journeys[name]}.${look}.png`))
  }
}

export default async function sheet(): Promise<void> {
  await gather()
  const shots = (await readdir(out)).filter((f) => f.endsWith('.png') && !/^(sheet|scene)\./.test(f)).toSorted()
  const browser = await engine.launch(chromium('whole'))
  const window = await browser.newPage({ viewport: { width: 2000, height: 1000 } })
  for (const look of ['light', 'dark', 'ja']) {
    const page = join(out, `${look}.html`)
    await writeFile(
      page,
      html(
        look,
        shots.filter((f) => f.endsWith(`.${look}.png`)),
      ),
    )
    await window.goto(pathToFileURL(page).href)
    await window.screenshot({ path: join(out, `sheet.${look}.png`), fullPage: true })
  }
  if (shots.includes('scene-computer.light.png')) await scene(window)
  await browser.close()
}

/** The picture of the README: a computer with the number, a phone that has just been told it. */
async function scene(window: Page): Promise<void> {
  const page = join(out, 'scene.html')
  await writeFile(
    page,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>Scene</title><style>
body { margin: 0; width: 1000px; height: 600px; position: relative; overflow: hidden; background: #f6f2e9; }
img { position: absolute; display: block; }
.computer { left: 24px; top: 24px; width: 760px; border-radius: 12px; box-shadow: 0 0 0 1px #ded6c5, 0 18px 40px -18px #1e221c55; }
.phone { right: 28px; top: 40px; width: 250px; border-radius: 26px; border: 7px solid #1a2524; box-shadow: 0 18px 40px -12px #1e221c88; }
</style><img class="computer" src="scene-computer.light.png" alt=""><img class="phone" src="a04-approve-ready.light.png" alt="">`,
  )
  await window.setViewportSize({ width: 1000, height: 600 })
  await window.goto(pathToFileURL(page).href)
  await window.screenshot({ path: join(out, 'scene.png') })
}

function html(look: string, shots: string[]): string {
  const figures = shots.map((shot) => {
    const design = existsSync(join(designs, shot)) ? `<img src="../docs/gallery/${shot}" alt="design">` : ''
    return `<figure><figcaption>${shot.replace(`.${look}.png`, '')}</figcaption>${design}<img class="ours" src="${shot}" alt="ours"></figure>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><style>
body { font: 14px system-ui; margin: 24px; background: #ddd; }
main { display: flex; flex-wrap: wrap; gap: 20px; }
figure { margin: 0; padding: 8px; background: #bbb; } figcaption { font-weight: 600; margin-bottom: 4px; }
img { height: 460px; width: auto; max-width: 900px; object-fit: contain; background: #fff; } .ours { margin-left: 6px; outline: 2px solid #12524a; }
</style><h1>${look}: the design on the left, ours (outlined) on the right</h1><main>${figures.join('\n')}</main></html>`
}
