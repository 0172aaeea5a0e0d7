// Runs the core as a worker does, for tests:
//   node drive.mjs core.wasm wasm_exec.js < calls > answers
// Each line in is a call: {"op", "args"?, "now", "bytes"? (base64), "cancelAfter"? (told progress)}.
// Each line out is its answer, with how often progress was told.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [, , wasm, exec] = process.argv
await import(pathToFileURL(exec).href)

const base64 = (bytes) => (bytes ? Buffer.from(bytes).toString('base64') : undefined)
let answered
let told = 0
let cancelAfter = Infinity
globalThis.countersignAnswer = (id, said, vault, file) =>
  answered({ ...JSON.parse(said), vault: base64(vault), file: base64(file), told })
globalThis.countersignProgress = (id) => {
  if (++told >= cancelAfter) cancel(id)
}

const go = new globalThis.Go()
let call, cancel
await new Promise((ready, failed) => {
  globalThis.countersignReady = (_, ...how) => ready(([call, cancel] = how))
  WebAssembly.instantiate(readFileSync(wasm), go.importObject).then(({ instance }) => void go.run(instance), failed)
})

let id = 0
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line)
  told = 0
  cancelAfter = asked.cancelAfter ?? Infinity
  const answer = await new Promise((resolve) => {
    answered = resolve
    const bytes = asked.bytes === undefined ? null : new Uint8Array(Buffer.from(asked.bytes, 'base64'))
    call(++id, asked.op, JSON.stringify(asked.args ?? {}), asked.now ?? 0, bytes)
  })
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
