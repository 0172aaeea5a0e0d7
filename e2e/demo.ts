// A demo server of one test's own: a free port, a fresh database, ended by its process.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const program = join(import.meta.dirname, '../bin/countersignd')

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
    readonly at: Addresses,
    private readonly child: ChildProcess,
    private readonly data: string,
    private readonly log: string[],
  ) {}

  /** Starts one; resolves when it listens. */
  static async start(): Promise<Demo> {
    const data = await mkdtemp(join(tmpdir(), 'countersign-e2e-'))
    const args = ['demo', '--data', data, '--port', String(await freePort()), '--listen-json']
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const log: string[] = []
    createInterface({ input: child.stderr }).on('line', (line) => log.push(line))
    const at = await new Promise<Addresses>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line) as Addresses))
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`countersignd demo ended with ${code}:\n${log.join('\n')}`)))
    })
    return new Demo(at, child, data, log)
  }

  /** What the server wrote to its log so far. */
  get lines(): readonly string[] {
    return this.log
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit')
      this.child.kill('SIGTERM')
      const hard = setTimeout(() => this.child.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(hard)
    }
    await rm(this.data, { recursive: true, force: true })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
