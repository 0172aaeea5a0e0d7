// What typing into the search and scrolling cost with 1,000 accounts: the longest
// task of the main thread after each key, and the main thread's work between two
// frames while the list scrolls. CPU time, from traces of Chromium.
//
//   npm run build --workspace app && node bench/app/list.mjs
import { chromium } from 'playwright-core'
import { accounts, seed } from './seed.mjs'
import { serve } from './site.mjs'

const wanted = { key: 16, frame: 8 }
const words = ['site 42', 'person9', 'example 7', 'ｓｉｔｅ　８', 'クモ', 'site 999']

const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  say('a key in the search, longest task, CPU ms', await typing(), wanted.key)
  say('a frame of scrolling, main thread, CPU ms', await scrolling(3), wanted.frame)
  say('the same while next codes stand there too', await scrolling(23), wanted.frame)
} finally {
  await browser.close()
  site.close()
}

/** A phone with 1,000 accounts, some with tags, on which everything has begun. */
async function open() {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  await page.goto(`${site.origin}/licences.txt`)
  const entries = accounts(1000).map((entry, i) => ({ ...entry, tags: i % 5 ? [] : [`tag ${i % 4}`] }))
  await page.evaluate(seed, { entries })
  await page.goto(site.origin)
  await page.waitForSelector('.search input')
  await page.waitForTimeout(9000) // the core has taken the accounts in, and is at rest
  return { context, page, client: await context.newCDPSession(page) }
}

async function typing() {
  const { context, page, client } = await open()
  await page.focus('.search input')
  const events = await trace(client, async () => {
    for (const word of words) {
      for (const key of word) {
        await page.keyboard.insertText(key)
        await page.waitForTimeout(60)
      }
      for (let i = 0; i < [...word].length; i++) {
        await page.keyboard.press('Backspace')
        await page.waitForTimeout(60)
      }
    }
  })
  await context.close()
  return longestAfter(events, (event) => event.name === 'EventDispatch' && event.args.data?.type === 'input', 60)
}

/** From a second of the period on: in its last five a row has its next code too. */
async function scrolling(second) {
  const { context, page, client } = await open()
  await page.waitForTimeout((30_000 + second * 1000 - (Date.now() % 30_000)) % 30_000)
  const events = await trace(client, async () => {
    for (let i = 0; i < 120; i++) {
      await page.mouse.wheel(0, 240)
      await page.waitForTimeout(30)
    }
  })
  await context.close()
  return perFrame(events)
}

async function trace(client, doing) {
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const includedCategories = ['toplevel', 'devtools.timeline', 'devtools.timeline.frame', 'disabled-by-default-devtools.timeline', '__metadata']
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  await doing()
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  return events
}

/** The main thread of the page's renderer: where its own frames are fired. */
function mainOf(events) {
  const fired = events.find((event) => event.name === 'EventDispatch') ?? events.find((event) => event.name === 'UpdateLayoutTree')
  const on = events.filter((event) => event.pid === fired.pid && event.tid === fired.tid)
  return { on, tasks: on.filter((event) => event.name === 'RunTask' && event.ph === 'X').map(({ ts, dur, tdur }) => ({ ts, cpu: (tdur ?? dur) / 1000 })) }
}

/** For each event that is meant, the longest task from its own to `ms` later. */
function longestAfter(events, meant, ms) {
  const { on, tasks } = mainOf(events)
  return on.filter(meant).map((event) => {
    const own = tasks.filter((task) => task.ts <= event.ts).at(-1)
    return Math.max(...tasks.filter((task) => task.ts >= (own?.ts ?? event.ts) && task.ts < event.ts + ms * 1000).map(({ cpu }) => cpu))
  })
}

/** Work from the beginning of one frame to that of the next. */
function perFrame(events) {
  const { on, tasks } = mainOf(events)
  const frames = on.filter((event) => event.name === 'BeginCommitCompositorFrame').map(({ ts }) => ts).sort((a, b) => a - b)
  return frames.slice(1).map((to, i) => tasks.filter((task) => task.ts >= frames[i] && task.ts < to).reduce((sum, { cpu }) => sum + cpu, 0))
}

function say(what, all, most) {
  const sorted = [...all].sort((a, b) => a - b)
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  console.log(`${what}: p95 ${at(0.95).toFixed(1)} (median ${at(0.5).toFixed(1)}, most ${at(1).toFixed(1)}, ${sorted.length} times), at most ${most}`)
  if (!(at(0.95) <= most)) process.exitCode = 1
}
