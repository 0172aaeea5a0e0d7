/** The worker in which the core runs. */
// oxlint-disable-next-line import/no-unassigned-import -- Go's support for browsers puts itself in place
import './go.gen.js'
import wasm from './core.gen.wasm?url'
import { serve, type Port } from './serve'

// The DOM's types take a worker's `self` for a window.
serve(self as unknown as Port, async (imports) => (await WebAssembly.instantiateStreaming(fetch(wasm), imports)).instance)
