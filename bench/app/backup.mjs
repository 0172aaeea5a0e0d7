// What a backup of 300 accounts costs in the worker, unthrottled: sealing it, and
// comparing and opening what was read back. CPU of the worker's thread, from a trace;
// beside it the clock of the page that waits.
//
//   npm run build --workspace app && node bench/app/backup.mjs
import { readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { accounts } from './seed.mjs'
import { serve } from './site.mjs'

const rounds = Number(process.env.ROUNDS ?? 9)
const wanted = 200

const assets = readdirSync(new URL('../../app/dist/assets/', import.meta.url))
const script = `/assets/${assets.find((file) => file.startsWith('core.worker') && file.endsWith('.js'))}`

const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage()
  await page.goto(`${site.origin}/licences.txt`)
  const vault = { version: 1, lineage: 'bench', entries: accounts(300), settings: { nextEarly: true, clockOffset: 0 } }
  const client = await page.context().newCDPSession(page)
  const events = []
  client.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const includedCategories = ['toplevel', 'blink.user_timing', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata']
  await client.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories } })
  const seen = await page.evaluate(measure, { script, vault, times: rounds })
  const complete = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve))
  await client.send('Tracing.end')
  await complete
  say('a backup of 300 accounts sealed, and opened again, CPU ms of the worker', cpu(events), wanted)
  say('sealed, ms by the clock', seen.seal)
  say('opened again, ms by the clock', seen.verify)
  console.log(`the archive: ${seen.size} bytes`)
} finally {
  await browser.close()
  site.close()
}

/** Runs in the page. */
async function measure({ script: url, vault, times }) {
  const policy = trustedTypes.createPolicy('bench', { createScriptURL: (address) => address })
  const worker = new Worker(policy.createScriptURL(url), { type: 'module' })
  let asked = 0
  const ask = (op, args, bytes) =>
    new Promise((resolve, reject) => {
      const id = ++asked
      worker.onmessage = ({ data }) => {
        if (data.id !== id || 'done' in data) return
        const { result, error } = JSON.parse(data.said)
        if (error) reject(new Error(`${op}: ${JSON.stringify(error)}`))
        else resolve({ ...data, result })
      }
      worker.postMessage({ id, part: 'sealed', op, args: JSON.stringify(args), now: Date.now(), bytes })
    })
  const { key } = (await ask('newKey', {})).result
  let { keys } = (await ask('beginBackup', { device: 'bench', key })).result
  const seen = { seal: [], verify: [], size: 0 }
  for (let i = 0; i <= times; i++) {
    const began = performance.now()
    performance.mark(`round ${i}`)
    const made = await ask('makeBackup', { keys }, new TextEncoder().encode(JSON.stringify(vault)))
    const sealed = performance.now()
    seen.size = made.file.length
    await ask('verifyBackup', { keys: made.result.keys, sum: made.result.sum }, made.file.slice())
    const done = performance.now()
    keys = made.result.keys
    if (i === 0) continue // the browser compiles what runs often
    seen.seal.push(sealed - began)
    seen.verify.push(done - sealed)
  }
  performance.mark(`round ${times + 1}`)
  return seen
}

/** CPU of the worker's thread in each round but the first. */
function cpu(events) {
  const timing = events.filter(({ cat }) => cat.includes('user_timing'))
  const worker = timing.find(({ name }) => name === 'sealed')
  const began = timing.filter(({ name }) => /^round \d+$/.test(name)).sort((a, b) => a.ts - b.ts)
  const tasks = events.filter(({ ph, pid, tid, name }) => ph === 'X' && pid === worker.pid && tid === worker.tid && name === 'RunTask')
  return began.slice(1, -1).map(({ ts }, i) => tasks.filter((task) => task.ts >= ts && task.ts < began[i + 2].ts).reduce((ms, { tdur, dur }) => ms + (tdur ?? dur) / 1000, 0))
}

function say(what, all, most) {
  const sorted = all.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  console.log(`${what}: ${middle.toFixed(0)} (${sorted[0].toFixed(0)}–${sorted.at(-1).toFixed(0)})${most ? `, at most ${most}` : ''}`)
  if (most && middle > most) process.exitCode = 1
}
