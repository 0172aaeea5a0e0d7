/** The worker's side: starts the core and carries calls to it and answers back.
 *  What has age is a part of its own, which starts with the first call to it.
 *  Go's own support is in place when this runs: `globalThis.Go`. */
import type { Few, Ops, Refusal } from './ops'

/** The programs that the core is made of. */
export type Part = 'core' | 'sealed'

export type Ask = { id: number; part: Part; op: keyof Ops; args: string; now: number; bytes?: Uint8Array<ArrayBuffer> | undefined }

/** What the worker is told. */
export type Told = Ask | { cancel: number; part: Part }

/** What the worker tells: once that it is ready, or why it never will be; and
 *  for each call, after any progress, one answer. */
export type Tells =
  | { ready: true }
  | { broken: string }
  | { id: number; done: number; total: number }
  | { id: number; said: string; vault?: Uint8Array<ArrayBuffer>; file?: Uint8Array }

/** What the core says of a call, as JSON. */
export type Said = { result?: unknown; changes?: Few; error?: Refusal }

/** A worker's own end of its channel. */
export type Port = {
  postMessage(message: Tells, transfer: Transferable[]): void
  addEventListener(type: 'message', hear: (event: MessageEvent<Told>) => void): void
}

type Bytes = Uint8Array<ArrayBuffer> | null

/** What a part lets us call. */
type Door = {
  call(id: number, op: string, args: string, now: number, bytes: Bytes): void
  cancel(id: number): void
}

/** What Go calls. */
type Bridge = {
  countersignReady(part: Part, call: Door['call'], cancel: Door['cancel']): void
  countersignAnswer(id: number, said: string, vault: Bytes, file: Bytes): void
  countersignProgress(id: number, done: number, total: number): void
}

/** The heap may grow to four times what lives before it is looked through, not to
 *  twice: what a call makes is mostly gone with it. */
const env = { GOGC: '300' }

type Go = { env: Record<string, string>; importObject: WebAssembly.Imports; run(instance: WebAssembly.Instance): Promise<void> }

/** Starts a part of the core; whoever waits for it may call it then. */
function open(part: Part, go: Bridge & { Go: new () => Go }, port: Port, instantiate: Instantiate): Promise<Door> {
  return new Promise((resolve, reject) => {
    go.countersignReady = (_, call, cancel) => {
      performance.mark(part)
      resolve({ call, cancel })
    }
    const program = new go.Go()
    program.env = env
    instantiate(part, program.importObject)
      // It ends with the worker, or by itself when there is no memory left.
      .then((instance) => program.run(instance))
      .then(() => port.postMessage({ broken: 'ended' }, []))
      .catch(reject)
  })
}

type Instantiate = (part: Part, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>

/** Starts the core with what `instantiate` makes of it, and serves for ever. */
export function serve(port: Port, instantiate: Instantiate): void {
  const go = globalThis as unknown as Bridge & { Go: new () => Go }
  go.countersignAnswer = (id, said, vault, file) => {
    const bytes = [vault, file].filter((one) => one !== null)
    port.postMessage({ id, said, ...(vault && { vault }), ...(file && { file }) }, bytes.map(({ buffer }) => buffer))
  }
  go.countersignProgress = (id, done, total) => port.postMessage({ id, done, total }, [])
  const broken = (thrown: unknown) => port.postMessage({ broken: String(thrown) }, [])
  const core = open('core', go, port, instantiate)
  let sealed: Promise<Door> | undefined
  /** One after the other: each tells the same door that it is ready. */
  const door = (part: Part) => (part === 'core' ? core : (sealed ??= core.then(() => open('sealed', go, port, instantiate))))
  port.addEventListener('message', ({ data }) => {
    if ('cancel' in data) return void door(data.part).then(({ cancel }) => cancel(data.cancel), broken)
    void door(data.part).then(({ call }) => call(data.id, data.op, data.args, data.now, data.bytes ?? null), broken)
  })
  core.then(() => port.postMessage({ ready: true }, []), broken)
}
