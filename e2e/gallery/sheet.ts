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
  const shots = (await readdir(out)).filter((f) => f.endsWith('.png') && f !== 'sheet.png').toSorted()
  const page = join(out, 'index.html')
  await writeFile(page, html(shots))
  const browser = await engine.launch(chromium())
  const window = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
  await window.goto(pathToFileURL(page).href)
  await window.screenshot({ path: join(out, 'sheet.png'), fullPage: true })
  await browser.close()
}

function html(shots: string[]): string {
  const figures = shots.map((shot) => {
    const design = existsSync(join(designs, shot)) ? `<img src="../docs/gallery/${shot}" alt="design">` : '<p>no design of its own</p>'
    return `<figure><figcaption>${shot.replace('.png', '')}</figcaption><div>${design}<img src="${shot}" alt="ours"></div></figure>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><style>
body { font: 14px system-ui; margin: 24px; background: #ddd; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(700px, 1fr)); gap: 24px; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: 4px; }
div { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; align-items: start; } img { width: 100%; background: #fff; }
</style><h1>Design on the left, ours on the right</h1><main>${figures.join('\n')}</main></html>`
}
