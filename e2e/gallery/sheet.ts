// The contact sheet: each screen beside its design, as a page and as one picture.
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium as engine } from '@playwright/test'
import { chromium } from '../chromium.ts'

const root = join(import.meta.dirname, '../..')

/** Where the design's pictures lie, and where ours go. */
export const designs = join(root, 'docs/gallery')
export const out = join(root, 'gallery-out')

export default async function sheet(): Promise<void> {
  await mkdir(out, { recursive: true })
  const shots = (await readdir(out)).filter((f) => f.endsWith('.png') && !f.startsWith('sheet.')).toSorted()
  const browser = await engine.launch(chromium())
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
  await browser.close()
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
