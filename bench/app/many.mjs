// What 10,000 accounts ask of the main thread: the first codes, a key in the search,
// a frame of scrolling, an account that moves, and an import of as many more. CPU
// time, from traces of Chromium; and by the clock how long the core takes to say
// that it is done.
//
//   npm run build --workspace app && node bench/app/many.mjs
import { chromium } from 'playwright-core'
import { accounts, seed } from './seed.mjs'
import { serve } from './site.mjs'

const many = Number(process.env.MANY ?? 10_000)
const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  const client = await context.newCDPSession(page)
  await page.goto(`${site.origin}/licences.txt`)
  const entries = accounts(many).map((entry, i) => ({ ...entry, tags: i % 5 ? [] : [`tag ${i % 4}`] }))
  await page.evaluate(seed, { entries })

  say('first codes, seen by the core never', await during(client, () => opened(page)))
  await page.waitForTimeout(20_000) // the core takes the accounts in
  say('first codes', await during(client, () => opened(page)))
  await page.waitForTimeout(4000)
  await moved(page, 0) // the core is told of the accounts
  say('an account moves', await during(client, () => moved(page, 1)))
  say('keys in the search', await during(client, () => typed(page)))
  say('frames of scrolling', await during(client, () => scrolled(page)))
  const links = accounts(2 * many).slice(many).map(({ name, issuer, secret }) => `otpauth://totp/${encodeURIComponent(`${issuer}:${name}`)}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`)
  await page.goto(`${site.origin}/#files/import`)
  await page.waitForSelector('input[type=file]', { state: 'attached' })
  say(`${many} links read`, await during(client, () => read(page, links.join('\n'))))
  say('and imported', await during(client, () => imported(page)))
} finally {
  await browser.close()
  site.close()
}

async function opened(page) {
  await page.goto(site.origin)
  await page.waitForFunction(() => performance.getEntriesByName('codes').length > 0)
  await page.waitForTimeout(1500)
}

async function moved(page, row) {
  await page.locator('.account .open').nth(row).focus()
  const id = await page.locator('.account').nth(row).getAttribute('data-id')
  await page.keyboard.press('Alt+ArrowDown')
  await page.waitForFunction(([moving, at]) => document.querySelectorAll('.account')[at]?.dataset.id === moving, [id, row + 1])
  await page.waitForSelector('.toast button', { timeout: 120_000 })
  await page.locator('.toast').waitFor({ state: 'detached', timeout: 30_000 })
}

async function typed(page) {
  await page.focus('.search input')
  for (const key of 'site 42') {
    await page.keyboard.insertText(key)
    await page.waitForTimeout(100)
  }
  for (let i = 0; i < 7; i++) {
    await page.keyboard.press('Backspace')
    await page.waitForTimeout(100)
  }
}

async function scrolled(page) {
  for (let i = 0; i < 100; i++) {
    await page.mouse.wheel(0, 240)
    await page.waitForTimeout(30)
  }
}

async function read(page, text) {
  await page.locator('input[type=file]').first().setInputFiles({ name: 'links.txt', mimeType: 'text/plain', buffer: Buffer.from(text) })
  await page.waitForSelector('.found', { timeout: 300_000 })
}

async function imported(page) {
  await page.locator('.btns.act .btn.primary').click()
  await page.waitForSelector('.found', { state: 'detached', timeout: 300_000 })
  await page.waitForTimeout(1000)
}

async function during(client, doing) {
  const events = []
  const hear = ({ value }) => events.push(...value)
  client.on('Tracing.dataCollected', hear)
  const includedCategories = ['toplevel', 'devtools.timeline', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline', '__metadata']
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  const began = performance.now()
  await doing()
  const wall = performance.now() - began
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  client.off('Tracing.dataCollected', hear)
  return { wall, ...threads(events) }
}

/** The busiest renderer's main thread and worker: all of their work and the longest tasks. */
function threads(events) {
  const name = (event) => events.find((one) => one.name === 'thread_name' && one.pid === event.pid && one.tid === event.tid)?.args.name
  const by = new Map()
  for (const event of events) {
    if (event.name !== 'RunTask' || event.ph !== 'X') continue
    const key = `${event.pid}/${event.tid}`
    by.set(key, [...(by.get(key) ?? []), event])
  }
  const of = (wanted) => {
    const all = [...by.values()].filter(([first]) => name(first) === wanted).map((tasks) => tasks.map((task) => (task.tdur ?? task.dur) / 1000).sort((a, b) => b - a))
    return all.sort((a, b) => sum(b) - sum(a))[0] ?? [0]
  }
  return { main: of('CrRendererMain'), worker: of('DedicatedWorker thread') }
}

function sum(all) {
  return all.reduce((total, one) => total + one, 0)
}

function say(what, { wall, main, worker }) {
  console.log(`${what}: main thread ${sum(main).toFixed(0)} ms, its longest tasks ${main.slice(0, 3).map((ms) => ms.toFixed(0)).join(', ')}; worker ${sum(worker).toFixed(0)} ms; on the clock ${wall.toFixed(0)} ms`)
}
