// A demo server of one test's own: a free port, a fresh database, ended by its process.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The server that the journeys play on, which is the terminal application too. */
export const program = process.env['COUNTERSIGND'] ?? join(import.meta.dirname, '../bin/countersignd')

/** What `countersignd demo --listen-json` prints on its first line. */
export interface Addresses {
  readonly id: string
  readonly app: string
  /** The page that says what to open. */
  readonly start: string
  /** The sample applications: on a server, in the browser, and the API they call. */
  readonly expenses: string
  readonly notes: string
  readonly api: string
  readonly inbox: string
  /** Everybody's. */
  readonly password: string
  readonly people: readonly { readonly login: string; readonly name: string }[]
}

export class Demo {
  private constructor(
    private readonly data: string,
    private readonly port: number,
    private readonly log: string[],
    private child: ChildProcess,
    private addresses: Addresses,
  ) {}

  /** Starts one; resolves when it listens. */
  static async start(): Promise<Demo> {
    const data = await mkdtemp(join(tmpdir(), 'countersign-e2e-'))
    const port = await freePort()
    const log: string[] = []
    const { child, at } = await run(data, port, log)
    return new Demo(data, port, log, child, at)
  }

  get at(): Addresses {
    return this.addresses
  }

  /** What the server wrote to its log so far. */
  get lines(): readonly string[] {
    return this.log
  }

  /** The file of its database. */
  get database(): string {
    return join(this.data, 'demo.db')
  }

  /** Ends it without a word, as a power cut would. */
  async kill(): Promise<void> {
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  /** Starts it again where it was, with what it has kept. The sample applications may be on other ports. */
  async again(): Promise<void> {
    const { child, at } = await run(this.data, this.port, this.log)
    this.child = child
    this.addresses = at
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit')
      this.child.kill('SIGTERM')
      const hard = setTimeout(() => this.child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(hard)
    }
    await rm(this.data, { recursive: true, force: true })
  }
}

async function run(data: string, port: number, log: string[]): Promise<{ child: ChildProcess; at: Addresses }> {
  const child = spawn(program, ['demo', '--data', data, '--port', String(port), '--listen-json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
  const at = await new Promise<Addresses>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as Addresses))
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`countersignd demo ended with ${code}:\n${log.join('\n')}`)))
  })
  return { child, at }
}

/** A port that nobody listens on, below those that the system itself gives to
 *  connections: a server that is started again finds it free. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer().listen(port, '127.0.0.1')
    const free = await new Promise<boolean>((resolve) => server.once('listening', () => resolve(true)).once('error', () => resolve(false)))
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}
