/** The worker's side: starts the core and carries calls to it and answers back.
 *  Go's own support is in place when this runs: `globalThis.Go`. */
import type { Ops, Refusal } from './ops'

export type Ask = { id: number; op: keyof Ops; args: string; now: number; bytes?: Uint8Array<ArrayBuffer> | undefined }

/** What the worker is told. */
export type Told = Ask | { cancel: number }

/** What the worker tells: once that it is ready, or why it never will be; and
 *  for each call, after any progress, one answer. */
export type Tells =
  | { ready: true }
  | { broken: string }
  | { id: number; done: number; total: number }
  | { id: number; said: string; vault?: Uint8Array; file?: Uint8Array }

/** What the core says of a call, as JSON. */
export type Said = { result?: unknown; error?: Refusal }

/** A worker's own end of its channel. */
export type Port = {
  postMessage(message: Tells, transfer: Transferable[]): void
  addEventListener(type: 'message', hear: (event: MessageEvent<Told>) => void): void
}

type Bytes = Uint8Array<ArrayBuffer> | null

/** What Go calls, and what it lets us call. */
type Bridge = {
  countersignReady(): void
  countersignAnswer(id: number, said: string, vault: Bytes, file: Bytes): void
  countersignProgress(id: number, done: number, total: number): void
  countersignCall(id: number, op: string, args: string, now: number, bytes: Bytes): void
  countersignCancel(id: number): void
}

type Go = { importObject: WebAssembly.Imports; run(instance: WebAssembly.Instance): Promise<void> }

/** Starts the core with what `instantiate` makes of it, and serves for ever. */
export function serve(port: Port, instantiate: (imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>): void {
  const go = globalThis as unknown as Bridge & { Go: new () => Go }
  const ready = new Promise<void>((resolve) => {
    go.countersignReady = () => {
      performance.mark('core')
      resolve()
    }
  })
  go.countersignAnswer = (id, said, vault, file) => {
    const bytes = [vault, file].filter((one) => one !== null)
    port.postMessage({ id, said, ...(vault && { vault }), ...(file && { file }) }, bytes.map(({ buffer }) => buffer))
  }
  go.countersignProgress = (id, done, total) => port.postMessage({ id, done, total }, [])
  port.addEventListener('message', ({ data }) => {
    void ready.then(() => {
      if ('cancel' in data) go.countersignCancel(data.cancel)
      else go.countersignCall(data.id, data.op, data.args, data.now, data.bytes ?? null)
    })
  })
  const core = new go.Go()
  instantiate(core.importObject)
    .then((instance) => {
      // It ends with the worker, or by itself when there is no memory left.
      void core.run(instance).then(() => port.postMessage({ broken: 'ended' }, []))
      return ready
    })
    .then(() => port.postMessage({ ready: true }, []))
    .catch((thrown: unknown) => port.postMessage({ broken: String(thrown) }, []))
}
