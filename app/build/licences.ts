/** The licences of others whose work is in the app, in one file. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const modules = new URL('../../node_modules/', import.meta.url)

/** What ends up in the browser. */
const shipped = ['preact', '@preact/signals', '@preact/signals-core', 'zxing-wasm']

export function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: [...shipped.map(licence), goLicence()].join('\n\n') })
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

/** Of the core's language, its library and golang.org/x/crypto: they share one. */
function goLicence(): string {
  const go = (name: string) => execFileSync('go', ['env', name], { encoding: 'utf8' }).trim()
  const title = `Go ${go('GOVERSION').replace(/^go/, '')}, golang.org/x/crypto`
  const file = join(go('GOROOT'), 'LICENSE')
  const text = existsSync(file) ? readFileSync(file, 'utf8') : 'Licence: BSD-3-Clause, https://go.dev/LICENSE'
  return `${title}\n${'='.repeat(title.length)}\n\n${text.trim()}\n`
}
