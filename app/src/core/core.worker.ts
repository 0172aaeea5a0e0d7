/** The worker in which the core runs. */
// oxlint-disable-next-line import/no-unassigned-import -- Go's support for browsers puts itself in place
import './go.gen.js'
import core from './core.gen.wasm?url'
import sealed from './sealed.gen.wasm?url'
import { serve, type Port } from './serve'

const urls = { core, sealed }

// The DOM's types take a worker's `self` for a window.
serve(self as unknown as Port, async (part, imports) => (await WebAssembly.instantiateStreaming(fetch(urls[part]), imports)).instance)
