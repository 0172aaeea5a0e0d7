// What a recovery of 1,000 accounts costs in the core's worker, unthrottled: CPU
// of its thread from the recovery key to the list of what became of each account.
// The browser is a new one for each round, so that nothing of both parts was ever
// compiled in it, as on a phone that has just been set up.
//
//   npm run build --workspace app && node bench/app/recover.mjs
import { readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { accounts } from './seed.mjs'
import { serve } from './site.mjs'

const rounds = Number(process.env.ROUNDS ?? 7)
const wanted = 750

const assets = readdirSync(new URL('../../app/dist/assets/', import.meta.url))
const worker = `/assets/${assets.find((file) => file.startsWith('core.worker') && file.endsWith('.js'))}`

const site = await serve()
try {
  const kept = await inBrowser((page) => page.evaluate(seal, { worker, entries: accounts(1000) }))
  const all = []
  for (let i = 0; i < rounds; i++) all.push(await inBrowser((page) => once(page, kept)))
  all.sort((a, b) => a - b)
  const middle = all[Math.floor(rounds / 2)]
  console.log(`a recovery of 1,000 accounts, worker CPU ms: ${middle.toFixed(0)} (${all[0].toFixed(0)}–${all.at(-1).toFixed(0)}), at most ${wanted}`)
  if (middle > wanted) process.exitCode = 1
} finally {
  site.close()
}

/** Does something in a browser of its own. */
async function inBrowser(work) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
  try {
    const context = await browser.newContext({ serviceWorkers: 'block' })
    const page = await context.newPage()
    await page.goto(`${site.origin}/licences.txt`)
    await page.evaluate(prepare)
    return await work(page)
  } finally {
    await browser.close()
  }
}

async function once(page, kept) {
  const client = await page.context().newCDPSession(page)
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'] } })
  const restored = await page.evaluate(recover, { worker, kept })
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  if (restored !== 1000) throw new Error(`${restored} restored`)
  const mark = events.find((event) => event.name === 'sealed' && event.cat.includes('user_timing'))
  const tasks = events.filter((event) => event.ph === 'X' && event.name === 'RunTask' && event.pid === mark.pid && event.tid === mark.tid)
  return tasks.reduce((ms, task) => ms + (task.tdur ?? task.dur) / 1000, 0)
}

/** Runs in the page: how a worker is started and asked. */
function prepare() {
  const policy = trustedTypes.createPolicy('bench', { createScriptURL: (text) => text })
  globalThis.start = (url) => {
    const crew = new Worker(policy.createScriptURL(url), { type: 'module' })
    let asked = 0
    return (part, op, args, bytes) =>
      new Promise((resolve, reject) => {
        const id = ++asked
        crew.addEventListener('message', ({ data }) => {
          if (data.broken) reject(new Error(data.broken))
          if (data.id !== id || !('said' in data)) return
          const { result, error } = JSON.parse(data.said)
          if (error) reject(new Error(`${op}: ${JSON.stringify(error)}`))
          else resolve({ ...data, result })
        })
        crew.postMessage({ id, part, op, args: JSON.stringify(args), now: Date.now(), bytes })
      })
  }
}

/** Runs in the page: a backup as the old phone has left it. */
async function seal({ worker: url, entries }) {
  const ask = start(url)
  const vault = { version: 1, lineage: '1'.repeat(32), entries, settings: { nextEarly: true, clockOffset: 0 } }
  const { key } = (await ask('sealed', 'newKey', {})).result
  const { keys } = (await ask('sealed', 'beginBackup', { device: 'Old phone', key })).result
  const { file } = await ask('sealed', 'makeBackup', { keys }, new TextEncoder().encode(JSON.stringify(vault)))
  return { key, file: Array.from(file, (byte) => String.fromCharCode(byte)).join('') }
}

/** Runs in the page: what the app asks of the core on the new phone. */
async function recover({ worker: url, kept }) {
  const ask = start(url)
  const empty = { version: 1, lineage: '0'.repeat(32), entries: [], settings: { nextEarly: true, clockOffset: 0 } }
  const { result: opened } = await ask('sealed', 'openBackup', { typed: kept.key }, Uint8Array.from(kept.file, (sign) => sign.charCodeAt(0)))
  const { vault } = await ask('sealed', 'contents', {})
  await ask('core', 'open', {}, new TextEncoder().encode(JSON.stringify(empty)))
  const { result } = await ask('core', 'recover', { paired: opened.paired }, vault.slice())
  return result.filter(({ state }) => state === 'restored').length
}
