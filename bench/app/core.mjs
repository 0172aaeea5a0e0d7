// What the core costs in its worker, unthrottled (throttling does not slow
// workers): CPU from the worker's start until it answers, and memory after it
// has taken in a vault of 1,000 accounts, of page and worker together.
//
//   npm run build --workspace app && node bench/app/core.mjs
import { chromium } from 'playwright-core'
import { accounts, seed } from './seed.mjs'
import { serve } from './site.mjs'

const rounds = Number(process.env.ROUNDS ?? 5)
const wanted = { ready: 400, memory: 40 }

const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const all = []
  for (let i = 0; i < rounds; i++) all.push(await once())
  say('worker thread until ready, CPU ms', 'ready', all, wanted.ready)
  say('compiling beside it, CPU ms', 'pool', all)
  say('worker thread, 1,000 accounts taken in as well, CPU ms', 'taken', all)
  say('page and worker after GC, MB', 'memory', all, wanted.memory)
} finally {
  await browser.close()
  site.close()
}

/** A phone with 1,000 accounts that the core has not seen: the app gives them
 *  to it in a quiet moment. */
async function once() {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, serviceWorkers: 'block' })
  const page = await context.newPage()
  await page.goto(`${site.origin}/licences.txt`)
  await page.evaluate(seed, { entries: accounts(1000) })
  const client = await context.newCDPSession(page)
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const includedCategories = ['toplevel', 'blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8.wasm', 'disabled-by-default-v8.wasm.detailed', '__metadata']
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  await page.goto(site.origin)
  while ((await page.evaluate(generation)) < 2) await page.waitForTimeout(200)
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  const memory = (await used(client)) + (await usedByWorker())
  await context.close()
  return { ...work(events), memory: memory / 1e6 }
}

/** Runs in the page: how many versions of the vault there were. */
function generation() {
  return new Promise((resolve) => {
    const opening = indexedDB.open('countersign')
    opening.onsuccess = () => {
      const db = opening.result
      const keys = db.transaction('versions').objectStore('versions').getAllKeys()
      keys.onsuccess = () => {
        db.close()
        resolve(Number(keys.result.at(-1)))
      }
    }
  })
}

async function used(client) {
  await client.send('HeapProfiler.enable')
  await client.send('HeapProfiler.collectGarbage')
  const { usedSize, backingStorageSize = 0 } = await client.send('Runtime.getHeapUsage')
  return usedSize + backingStorageSize
}

/** The same of the worker, which is talked to through the browser. */
async function usedByWorker() {
  const root = await browser.newBrowserCDPSession()
  const { targetInfos } = await root.send('Target.getTargets', { filter: [{}] })
  const { targetId } = targetInfos.find(({ type, url }) => type === 'worker' && url.includes('core.worker'))
  const { sessionId } = await root.send('Target.attachToTarget', { targetId, flatten: false })
  let id = 0
  const waiting = new Map()
  root.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id: of, result } = JSON.parse(message)
    waiting.get(of)?.(result)
  })
  const send = (method, params = {}) =>
    new Promise((resolve) => {
      waiting.set(++id, resolve)
      void root.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) })
    })
  return (await used({ send })) + (await wasm(send))
}

/** The memory of the core itself, which no heap counts. */
async function wasm(send) {
  const { result: prototype } = await send('Runtime.evaluate', { expression: 'Go.prototype' })
  const { objects } = await send('Runtime.queryObjects', { prototypeObjectId: prototype.objectId })
  const functionDeclaration = 'function () { return this[0]._inst.exports.mem.buffer.byteLength }'
  const { result } = await send('Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration, returnByValue: true })
  return result.value
}

/** CPU of the worker's thread until its mark and in all, and of the pool's
 *  threads until the mark. */
function work(events) {
  const mark = events.find((event) => event.name === 'core' && event.cat.includes('user_timing'))
  const tasks = events.filter((event) => event.ph === 'X' && event.pid === mark.pid)
  const sum = (some) => some.reduce((ms, task) => ms + (task.tdur ?? task.dur) / 1000, 0)
  const worker = tasks.filter((task) => task.tid === mark.tid && task.name === 'RunTask').sort((a, b) => a.ts - b.ts)
  const began = Math.min(...worker.map((task) => task.ts))
  const pool = tasks.filter((task) => task.name === 'ThreadPool_RunTask' && task.ts >= began && task.ts < mark.ts)
  const first = worker.filter((task) => task.ts < mark.ts)
  const after = first.at(-1)
  const rest = after.tts + after.tdur - mark.tts // the task in which it is ready goes on with the first call
  return { ready: sum(first) - rest / 1000, taken: sum(worker), pool: sum(pool) }
}

function say(what, key, all, most) {
  const sorted = all.map((each) => each[key]).sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  console.log(`${what}: ${middle.toFixed(0)} (${sorted[0].toFixed(0)}–${sorted.at(-1).toFixed(0)})${most ? `, at most ${most}` : ''}`)
  if (most && middle > most) process.exitCode = 1
}
