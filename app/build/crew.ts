/** The real core for tests: built once a file, on the other end of a channel
 *  instead of in a worker. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, type Part, type Port, type Tells, type Told } from '../src/core/serve'
import type { Crew } from '../src/core/worker'
import { buildCore } from './core'

const parts = new Map<Part, WebAssembly.Module>()

/** Builds it; takes minutes on a machine that has never done so. */
export async function buildCrew(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'core-'))
  buildCore(folder)
  for (const part of ['core', 'sealed'] as const) {
    parts.set(part, await WebAssembly.compile(readFileSync(join(folder, `${part}.gen.wasm`))))
  }
  await import(/* @vite-ignore */ join(folder, 'go.gen.js'))
  rmSync(folder, { recursive: true })
}

export function crew(): Crew {
  const { port1, port2 } = new MessageChannel()
  const other: Port = {
    postMessage: (message: Tells, transfer) => port2.postMessage(message, transfer),
    addEventListener: (_, hear) => {
      port2.onmessage = (event: MessageEvent<Told>) => hear(event)
    },
  }
  serve(other, (part, imports) => WebAssembly.instantiate(parts.get(part) as WebAssembly.Module, imports))
  return Object.assign(port1, { terminate: () => port1.close(), onerror: null }) as unknown as Crew
}
