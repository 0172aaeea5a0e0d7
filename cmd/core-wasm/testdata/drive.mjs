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
  if (++told >= cancelAfter) globalThis.countersignCancel(id)
}

const go = new globalThis.Go()
await new Promise((ready, failed) => {
  globalThis.countersignReady = ready
  WebAssembly.instantiate(readFileSync(wasm), go.importObject).then(({ instance }) => void go.run(instance), failed)
})

let id = 0
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line)
  told = 0
  cancelAfter = call.cancelAfter ?? Infinity
  const answer = await new Promise((resolve) => {
    answered = resolve
    const bytes = call.bytes === undefined ? null : new Uint8Array(Buffer.from(call.bytes, 'base64'))
    globalThis.countersignCall(++id, call.op, JSON.stringify(call.args ?? {}), call.now ?? 0, bytes)
  })
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)
