/** The last steps of a build: its version in the page, the list of files for the
 *  service worker, and everything compressed once instead of at each request. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'
import pkg from '../package.json' with { type: 'json' }

const worker = new URL('../src/sw/sw.js', import.meta.url)

/** Nothing that the first codes need: kept once they are on the screen. */
const later = /scan|zxing|core\.worker|\.wasm$/

/** The browser keeps the knock worker by itself; what has age is kept by whoever
 *  opened something sealed. */
const never = /^knock\.js$|sealed\.gen/

/** Writes the version into the page, and the service worker beside it. In the
 *  worker `__PRECACHE__` stands for the files to keep, `__LATER__` for those to
 *  keep when there is time, and `__VERSION__` for the version; a page of one
 *  version is only ever served with files of the same. */
export function release(): Plugin {
  return {
    name: 'release',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_, bundle) {
        const names = Object.keys(bundle).sort()
        const version = `${pkg.version}+${digest(names.map((name) => name + contents(bundle[name])))}`
        const page = bundle['index.html']
        if (page?.type === 'asset') page.source = String(page.source).replace('%VERSION%', version)
        const files = names.filter((name) => name !== 'index.html' && !never.test(name))
        const keep = ['', ...files.filter((name) => !later.test(name))]
        const lists = { keep, later: files.filter((name) => later.test(name)) }
        if (existsSync(worker)) this.emitFile({ type: 'asset', fileName: 'sw.js', source: serviceWorker(lists, version) })
      },
    },
  }
}

/** Beside each file that shrinks, the same file compressed with Brotli. */
export function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    writeBundle({ dir }) {
      for (const name of readdirSync(dir ?? '', { recursive: true, encoding: 'utf8' })) {
        if (/\.(js|css|html|svg|wasm|webmanifest|txt)$/.test(name)) compress(join(dir ?? '', name))
      }
    },
  }
}

function compress(path: string): void {
  const plain = readFileSync(path)
  const small = plain.length > 300_000 ? remembered(plain) : brotli(plain)
  if (small.length < plain.length * 0.9) writeFileSync(`${path}.br`, small)
  else rmSync(`${path}.br`, { force: true })
}

function brotli(plain: Buffer): Buffer {
  const { BROTLI_PARAM_LGWIN: window, BROTLI_PARAM_SIZE_HINT: hint } = constants
  return brotliCompressSync(plain, { params: { [window]: 24, [hint]: plain.length } })
}

const cache = new URL('../../node_modules/.cache/brotli/', import.meta.url)

/** A large file takes seconds, and rarely changes. */
function remembered(plain: Buffer): Buffer {
  const file = new URL(createHash('sha256').update(plain).digest('hex'), cache)
  if (existsSync(file)) return readFileSync(file)
  const small = brotli(plain)
  mkdirSync(cache, { recursive: true })
  const half = new URL(`${file.href}.${process.pid}`)
  writeFileSync(half, small)
  renameSync(half, file) // whole or not at all
  return small
}

function serviceWorker(lists: { keep: string[]; later: string[] }, version: string): string {
  const paths = (names: string[]) => JSON.stringify(names.map((name) => `/${name}`))
  return readFileSync(worker, 'utf8')
    .replace('__PRECACHE__', paths(lists.keep))
    .replace('__LATER__', paths(lists.later))
    .replace('__VERSION__', JSON.stringify(version))
}

type Output = { type: 'asset'; source: string | Uint8Array } | { type: 'chunk'; code: string }

function contents(output: Output | undefined): string {
  if (!output) return ''
  return digest([output.type === 'asset' ? output.source : output.code])
}

function digest(parts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 8)
}
