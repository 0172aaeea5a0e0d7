/** The licences of others whose work is in the app, in one file. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import type { Plugin } from 'vite'

const modules = new URL('../../node_modules/', import.meta.url)

/** What ends up in the browser. */
const shipped = ['preact', '@preact/signals', '@preact/signals-core', 'zxing-wasm']

export function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: shipped.map(licence).join('\n\n') })
    },
  }
}

function licence(name: string): string {
  const folder = new URL(`${name}/`, modules)
  const about = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string; license: string }
  const file = existsSync(folder) ? readdirSync(folder).find((each) => /^licen[cs]e/i.test(each)) : undefined
  const text = file ? readFileSync(new URL(file, folder), 'utf8') : `Licence: ${about.license}`
  return `${name} ${about.version}\n${'='.repeat(name.length + about.version.length + 1)}\n\n${text.trim()}\n`
}
