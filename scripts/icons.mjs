// Draws the app icons in ui/icons/ from the logo in ui/icons.svg: node scripts/icons.mjs
// The pictures are committed; run this again only when the logo changes.
import { readFile, writeFile } from 'node:fs/promises'
import { chromium } from '@playwright/test'

const sheet = await readFile('ui/icons.svg', 'utf8')
const halves = [...sheet.match(/<symbol id="logo".*?<\/symbol>/s)[0].matchAll(/ d="([^"]+)"/g)].map((m) => m[1])

// Where the logo lies on a 32-unit plate, and what it lies on. A maskable icon
// keeps everything inside the circle of 80 % that every launcher shows.
const night = '#0f322d',
  lamp = '#ffc36e',
  pine = '#8ad3bb'
const icons = [
  { file: 'icon-192.png', size: 192, plate: 'round', scale: 0.72 },
  { file: 'icon-512.png', size: 512, plate: 'round', scale: 0.72 },
  { file: 'maskable-512.png', size: 512, plate: 'full', scale: 0.6 },
  { file: 'apple-touch-180.png', size: 180, plate: 'full', scale: 0.66 },
  { file: 'badge-96.png', size: 96, plate: 'none', scale: 0.96, ink: '#fff' }, // notifications take its shape only
]

function draw({ size, plate, scale, ink }) {
  const r = plate === 'round' ? 7 : 0
  const back = plate === 'none' ? '' : `<rect width="32" height="32" rx="${r}" fill="${night}"/>`
  const [a, b] = halves
  const logo = `<g transform="translate(16 16) scale(${scale}) translate(-16 -16)"><path fill="${ink ?? lamp}" d="${a}"/><path fill="${ink ?? pine}" d="${b}"/></g>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="${size}" height="${size}">${back}${logo}</svg>`
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const icon of icons) {
  const page = await browser.newPage({ viewport: { width: icon.size, height: icon.size } })
  await page.setContent(`<body style="margin:0">${draw(icon)}</body>`)
  await writeFile(`ui/icons/${icon.file}`, await page.screenshot({ omitBackground: true }))
  await page.close()
}
await browser.close()
