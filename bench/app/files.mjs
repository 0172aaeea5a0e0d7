// What import and the scanner cost in their workers, unthrottled: the time from
// asking to the answer, as the app waits for it.
//
//   npm run build --workspace app && node bench/app/files.mjs
import { readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { serve } from './site.mjs'

const rounds = Number(process.env.ROUNDS ?? 7)
const wanted = { plain: 300, frame: 30, wall: 30 }

const assets = readdirSync(new URL('../../app/dist/assets/', import.meta.url))
const script = (name) => `/assets/${assets.find((file) => file.startsWith(name) && file.endsWith('.js'))}`

const site = await serve()
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
try {
  const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage()
  await page.goto(`${site.origin}/licences.txt`)
  const seen = await page.evaluate(measure, { core: script('core.worker'), scan: script('scan.worker'), times: rounds })
  say('1,000 links read, looked at and imported, ms', seen.plain, wanted.plain)
  say('the same as plain Aegis, read only, ms', seen.aegis)
  say('the same as encrypted Aegis, read only, ms', seen.sealed)
  say('of that its key derivation, %', seen.share)
  say('a frame of 640 × 480 with a QR code, ms', seen.frame, wanted.frame)
  say('a frame without one, ms', seen.wall, wanted.wall)
} finally {
  await browser.close()
  site.close()
}

/** Runs in the page. */
async function measure({ core, scan, times }) {
  const policy = trustedTypes.createPolicy('bench', { createScriptURL: (url) => url })
  const start = (url) => new Worker(policy.createScriptURL(url), { type: 'module' })

  let asked = 0
  let told
  const worker = start(core)
  const ask = (op, args = {}, bytes = undefined) =>
    new Promise((resolve, reject) => {
      const id = ++asked
      worker.onmessage = ({ data }) => {
        if (data.id !== id) return
        if ('done' in data) {
          told = performance.now()
          return
        }
        const { result, error } = JSON.parse(data.said)
        if (error) reject(new Error(`${op}: ${JSON.stringify(error)}`))
        else resolve({ ...data, result })
      }
      worker.postMessage({ id, op, args: JSON.stringify(args), now: Date.now(), bytes })
    })
  const encode = (text) => new TextEncoder().encode(text)
  const timed = async (work) => {
    const before = performance.now()
    await work()
    return performance.now() - before
  }

  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const secret = (n) => Array.from({ length: 32 }, (_, i) => letters[i < 4 ? (n >> (5 * i)) % 32 : (n * (i + 7) + i * i) % 32]).join('')
  const links = Array.from({ length: 1000 }, (_, n) => `otpauth://totp/Site%20${n}:mei${n}@example.org?secret=${secret(n + 1)}&issuer=Site%20${n}`)
  const entries = links.map((_, n) => ({ type: 'totp', name: `mei${n}`, issuer: `Site ${n}`, note: '', info: { secret: secret(n + 1), algo: 'SHA1', digits: 6, period: 30 } }))
  const empty = { version: 1, lineage: '0'.repeat(32), entries: [], settings: { nextEarly: true, clockOffset: 0 } }
  const plainAegis = JSON.stringify({ version: 1, header: { slots: null, params: null }, db: { version: 3, entries, groups: [] } })
  const fresh = () => ask('open', {}, encode(JSON.stringify(empty)))

  const seen = { plain: [], aegis: [], sealed: [], share: [], frame: [], wall: [] }
  for (let i = 0; i <= times; i++) {
    await fresh()
    const plain = await timed(async () => {
      await ask('read', {}, encode(links.join('\n')))
      const { result } = await ask('import')
      if (result.added !== 1000) throw new Error(JSON.stringify(result))
    })
    if (i === 0) continue // the first one compiles
    seen.plain.push(plain)
  }
  const { file } = await ask('export', { format: 'aegis', password: 'lantern gate seven mist' })
  for (let i = 0; i < times; i++) {
    await fresh()
    seen.aegis.push(await timed(() => ask('read', {}, encode(plainAegis))))
    const before = performance.now()
    const sealed = await timed(() => ask('read', { password: 'lantern gate seven mist' }, file.slice()))
    seen.sealed.push(sealed)
    seen.share.push((100 * (told - before)) / sealed)
  }

  await fresh()
  await ask('read', {}, encode(links[0]))
  await ask('import')
  const { result } = await ask('export', { format: 'uris' })
  const canvas = new OffscreenCanvas(640, 480)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const paint = (picture) => {
    const grain = context.createImageData(640, 480)
    for (let at = 0; at < grain.data.length; at += 4) grain.data.fill(120 + ((at * 31) % 23), at, at + 4).fill(255, at + 3, at + 4)
    context.putImageData(grain, 0, 0)
    if (!picture) return
    const module = 300 / (picture.size + 8)
    context.save()
    context.translate(170, 90)
    context.rotate(0.06)
    context.scale(module, module)
    context.fillStyle = '#f4f2ec'
    context.fillRect(0, 0, picture.size + 8, picture.size + 8)
    context.translate(4, 4)
    context.strokeStyle = '#1c1c1c'
    context.stroke(new Path2D(picture.path))
    context.restore()
  }
  const scanner = start(scan)
  const look = () =>
    new Promise((resolve) => {
      const image = context.getImageData(0, 0, 640, 480)
      const before = performance.now()
      scanner.onmessage = ({ data }) => resolve({ ...data, ms: performance.now() - before })
      scanner.postMessage({ image, thorough: false }, [image.data.buffer])
    })
  for (const [name, picture] of [['frame', result.links[0].picture], ['wall', undefined]]) {
    paint(picture)
    for (let i = 0; i < 5 * times; i++) {
      const found = await look()
      if ((found.text === undefined) === (picture !== undefined)) throw new Error(`${name}: ${JSON.stringify(found)}`)
      if (i >= times) seen[name].push(found.ms)
    }
  }
  return seen
}

function say(what, all, most) {
  const sorted = all.sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  console.log(`${what}: ${middle.toFixed(0)} (${sorted[0].toFixed(0)}–${sorted.at(-1).toFixed(0)})${most ? `, at most ${most}` : ''}`)
  if (most && middle > most) process.exitCode = 1
}
