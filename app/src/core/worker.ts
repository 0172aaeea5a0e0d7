/** Our side of the worker: starts it when it is first needed, asks, cancels, and
 *  lets it go when it has had nothing to do for a while. */
import { scriptURL } from '../shell/trusted'
import { CoreTrouble, sealedOps, type Few, type Ops } from './ops'
import type { Ask, Said, Tells, Told } from './serve'
// oxlint-disable-next-line import/default -- Vite makes it
import workerURL from './core.worker?worker&url'

/** What comes back: the result, and bytes where there are any; with a vault in which
 *  little changed, what did. */
export type Answer<O extends keyof Ops> = { result: Ops[O]['result']; vault?: Uint8Array<ArrayBuffer>; changes?: Few; file?: Uint8Array }

export type Watch = {
  /** How far long work is. */
  progress?: ((done: number, total: number) => void) | undefined
  /** Ends it: the answer is `cancelled`. */
  signal?: AbortSignal | undefined
}

/** A worker as we use it; tests bring one that is no worker of a browser. */
export type Crew = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>

type Waiting = { settle(told: Extract<Tells, { said: string }>): void; fail(trouble: CoreTrouble): void; watch: Watch }

/** Work that does not end by itself after this long is ended with its worker. */
const patience = 1000

export class Core {
  readonly #spawn: () => Crew
  readonly #idle: number
  #crew: Crew | undefined
  #waiting = new Map<number, Waiting>()
  #ids = 0
  #rest: ReturnType<typeof setTimeout> | undefined

  #held = false

  /** `idle`: how long, in milliseconds, a worker without work is kept. */
  constructor(spawn: () => Crew = browserWorker, idle = 300_000) {
    this.#spawn = spawn
    this.#idle = idle
  }

  /** Changes with every new worker: it has not heard what the one before has. */
  get shift(): unknown {
    return this.#crew
  }

  /** The worker has something that waits for a person: it is kept, or not any more. */
  hold(held: boolean): void {
    this.#held = held
    this.#settleDown()
  }

  /** Asks the core. Throws CoreTrouble. */
  ask<O extends keyof Ops>(op: O, args: Ops[O]['args'], bytes?: Uint8Array<ArrayBuffer>, watch: Watch = {}): Promise<Answer<O>> {
    if (watch.signal?.aborted) return Promise.reject(new CoreTrouble({ code: 'cancelled' }))
    const id = ++this.#ids
    const part = sealedOps.has(op) ? 'sealed' : 'core'
    const crew = this.#start()
    return new Promise<Answer<O>>((resolve, reject) => {
      const settle: Waiting['settle'] = ({ said, vault, file }) => {
        const { result, changes, error } = JSON.parse(said) as Said
        if (error) reject(new CoreTrouble(error))
        else resolve({ result: result as Ops[O]['result'], ...(vault && { vault }), ...(changes && { changes }), ...(file && { file }) })
      }
      this.#waiting.set(id, { settle, fail: reject, watch })
      const ask: Ask = { id, part, op, args: JSON.stringify(args), now: Date.now(), bytes }
      crew.postMessage(ask satisfies Told, bytes ? [bytes.buffer] : [])
      watch.signal?.addEventListener('abort', () => this.#cancel({ cancel: id, part }, crew), { once: true })
    })
  }

  /** Lets the worker go, whatever it does. */
  stop(code: 'cancelled' | 'unavailable' = 'cancelled', cause?: unknown): void {
    const waiting = [...this.#waiting.values()]
    this.#crew?.terminate()
    this.#crew = undefined
    this.#waiting.clear()
    this.#held = false
    clearTimeout(this.#rest)
    for (const { fail } of waiting) fail(new CoreTrouble({ code }, cause))
  }

  #start(): Crew {
    clearTimeout(this.#rest)
    if (this.#crew) return this.#crew
    const crew = this.#spawn()
    crew.onmessage = ({ data }: MessageEvent<Tells>) => this.#hear(data)
    crew.onerror = (event) => this.stop('unavailable', event)
    this.#crew = crew
    return crew
  }

  #hear(told: Tells): void {
    if ('broken' in told) this.stop('unavailable', told.broken)
    if (!('id' in told)) return
    const waiting = this.#waiting.get(told.id)
    if ('done' in told) {
      waiting?.watch.progress?.(told.done, told.total)
      return
    }
    this.#waiting.delete(told.id)
    waiting?.settle(told)
    this.#settleDown()
  }

  /** Without work the worker goes after a while. */
  #settleDown(): void {
    clearTimeout(this.#rest)
    if (this.#waiting.size === 0 && !this.#held) this.#rest = setTimeout(() => this.stop(), this.#idle)
  }

  #cancel(told: Extract<Told, { cancel: number }>, crew: Crew): void {
    if (!this.#waiting.has(told.cancel)) return
    crew.postMessage(told)
    setTimeout(() => {
      if (this.#waiting.has(told.cancel)) this.stop()
    }, patience)
  }
}

function browserWorker(): Crew {
  return new Worker(scriptURL(workerURL), { type: 'module', name: 'core' })
}
