// What a backup of 300 accounts costs in the worker, unthrottled: sealing it, and
// opening what was read back. By the clock of the page that waits; the worker does
// nothing else, so that is its CPU and the way of the messages.
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
  const seen = await page.evaluate(measure, { script, vault, times: rounds })
  say('300 accounts sealed, ms', seen.seal)
  say('and what was read back compared and opened, ms', seen.verify)
  say('both, ms', seen.both, wanted)
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
  const seen = { seal: [], verify: [], both: [], size: 0 }
  for (let i = 0; i <= times; i++) {
    const began = performance.now()
    const made = await ask('makeBackup', { keys }, new TextEncoder().encode(JSON.stringify(vault)))
    const sealed = performance.now()
    seen.size = made.file.length
    await ask('verifyBackup', { keys: made.result.keys, sum: made.result.sum }, made.file.slice())
    const done = performance.now()
    keys = made.result.keys
    if (i === 0) continue // the browser compiles what runs often
    seen.seal.push(sealed - began)
    seen.verify.push(done - sealed)
    seen.both.push(done - began)
  }
  return seen
}

function say(what, all, most) {
  const sorted = all.toSorted((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  console.log(`${what}: ${middle.toFixed(0)} (${sorted[0].toFixed(0)}–${sorted.at(-1).toFixed(0)})${most ? `, at most ${most}` : ''}`)
  if (most && middle > most) process.exitCode = 1
}
