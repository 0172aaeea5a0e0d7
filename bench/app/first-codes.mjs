// How much script is requested before the first code is on the screen, and how
// much work the main thread has done by then, with 100 accounts. The amount of
// script comes from the network log, the work from a trace of Chromium: CPU
// time of the renderer's main thread from the navigation to the mark `codes`.
//
//   npm run build --workspace app && node bench/app/first-codes.mjs
import { brotliCompressSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { accounts, seed } from './seed.mjs'
import { serve } from './site.mjs'

const rounds = Number(process.env.ROUNDS ?? 9)
const budget = 15_000 // bytes of Brotli, from the project's own numbers

const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const bytes = await script()
  console.log(`script before the first code: ${bytes} B of Brotli (at most ${budget})`)
  for (const throttle of [1, 4]) {
    console.log(line(`cold ${throttle}x`, await repeat(throttle, false)))
    console.log(line(`warm ${throttle}x`, await repeat(throttle, true)))
  }
  if (bytes > budget) process.exitCode = 1
} finally {
  await browser.close()
  site.close()
}

/** A page of a browser that has 100 accounts and has never seen the app. */
async function fresh() {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  await page.goto(`${site.origin}/licences.txt`)
  await page.evaluate(seed, { entries: accounts(100) })
  return { context, page }
}

/** Bytes of all script requested before the mark, compressed as it is served. */
async function script() {
  const { context, page } = await fresh()
  const asked = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') asked.push(response)
  })
  await page.goto(site.origin)
  const painted = await mark(page)
  let sum = 0
  for (const response of asked) {
    const began = response.request().timing().startTime - (await page.evaluate(() => performance.timeOrigin))
    if (began < painted) sum += brotliCompressSync(await response.body()).length
  }
  await context.close()
  return sum
}

async function repeat(throttle, warm) {
  const all = []
  for (let i = 0; i < rounds; i++) all.push(await once(throttle, warm))
  return all
}

async function once(throttle, warm) {
  const { context, page } = await fresh()
  // Chromium keeps compiled code after a script was seen more than once.
  for (let i = 0; warm && i < 3; i++) {
    await page.goto(site.origin)
    await mark(page)
    await page.waitForTimeout(300)
  }
  await page.goto('about:blank')
  const client = await context.newCDPSession(page)
  await client.send('Emulation.setCPUThrottlingRate', { rate: throttle })
  const events = await trace(client, async () => {
    await page.goto(site.origin)
    await mark(page)
  })
  await context.close()
  return work(events)
}

function mark(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        const look = () => {
          const [found] = performance.getEntriesByName('codes')
          if (found) resolve(found.startTime)
          else setTimeout(look, 10)
        }
        look()
      }),
  )
}

async function trace(client, doing) {
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'blink.user_timing', 'disabled-by-default-devtools.timeline', 'devtools.timeline'] } })
  await doing()
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  return events
}

/** CPU and wall milliseconds on the main thread of the page's renderer. */
function work(events) {
  const end = events.find((event) => event.name === 'codes' && event.cat.includes('user_timing'))
  const start = events.filter((event) => event.name === 'navigationStart' && event.args.data?.documentLoaderURL?.startsWith(site.origin)).at(-1)
  const tasks = events.filter(
    (event) => event.name === 'RunTask' && event.ph === 'X' && event.pid === end.pid && event.tid === end.tid && event.ts < end.ts && event.ts >= start.ts,
  )
  const cpu = tasks.reduce((sum, task) => sum + Math.min(task.tdur ?? task.dur, end.ts - task.ts), 0)
  return { cpu: cpu / 1000, wall: (end.ts - start.ts) / 1000 }
}

function line(name, all) {
  const of = (key) => all.map((each) => each[key]).sort((a, b) => a - b)
  const say = (sorted) => `${sorted[Math.floor(sorted.length / 2)].toFixed(0)} (${sorted[0].toFixed(0)}–${sorted.at(-1).toFixed(0)})`
  return `${name}: main thread ${say(of('cpu'))} ms, on the clock ${say(of('wall'))} ms`
}
