/** The last steps of a build: its version in the page, the list of files for the
 *  service worker, and everything compressed once instead of at each request. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import type { Plugin } from 'vite'
import pkg from '../package.json' with { type: 'json' }

const worker = new URL('../src/sw/sw.js', import.meta.url)

/** Loaded when the scanner opens, so not kept from the start; the knock worker the browser keeps by itself. */
const later = /scan|zxing|\.wasm$|^knock\.js$/

/** Writes the version into the page, and the service worker beside it. In the
 *  worker `__PRECACHE__` stands for the files to keep and `__VERSION__` for the
 *  version; a page of one version is only ever served with files of the same. */
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
        const keep = ['/', ...names.filter((name) => name !== 'index.html' && !later.test(name)).map((name) => `/${name}`)]
        if (existsSync(worker)) this.emitFile({ type: 'asset', fileName: 'sw.js', source: serviceWorker(keep, version) })
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
  const small = brotliCompressSync(plain, {
    // The last step costs seconds for a large file and saves little.
    params: { [constants.BROTLI_PARAM_QUALITY]: plain.length > 300_000 ? 9 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
  })
  if (small.length < plain.length * 0.9) writeFileSync(`${path}.br`, small)
  else rmSync(`${path}.br`, { force: true })
}

function serviceWorker(keep: string[], version: string): string {
  return readFileSync(worker, 'utf8').replace('__PRECACHE__', JSON.stringify(keep)).replace('__VERSION__', JSON.stringify(version))
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
