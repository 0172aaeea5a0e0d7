/** The core: Go, compiled for browsers, and Go's own support for it, put where
 *  the worker imports them. Go builds again only what has changed. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const script = new URL('../../cmd/core-wasm/build.sh', import.meta.url).pathname
const folder = new URL('../src/core/', import.meta.url).pathname

export function core(): Plugin {
  return {
    name: 'core',
    config(_, { command, isPreview }) {
      // Not for tests: they build their own, if they want one.
      if (command === 'build' || (!process.env.VITEST && !isPreview)) buildCore(folder)
    },
  }
}

/** Puts `core.gen.wasm`, `sealed.gen.wasm` and `go.gen.js` into a folder. */
export function buildCore(into: string): void {
  for (const part of [[join(into, 'core.gen.wasm')], [join(into, 'sealed.gen.wasm'), 'sealed']]) {
    execFileSync(script, part, { stdio: ['ignore', 'inherit', 'inherit'] })
  }
  const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
  keep(join(into, 'go.gen.js'), readFileSync(join(root, 'lib/wasm/wasm_exec.js'), 'utf8'))
}

function keep(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}
