// The authenticator in a terminal, as a device of its own.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { program } from './demo.ts'

/** On a desk with a browser, wherever the test runs. */
const env = { ...process.env, DISPLAY: ':0', SSH_CONNECTION: '' }

export class Terminal {
  private constructor(readonly folder: string) {}

  static async open(): Promise<Terminal> {
    const folder = await mkdtemp(join(tmpdir(), 'countersign-terminal-'))
    await writeFile(join(folder, 'passphrase'), 'a passphrase for this vault\n')
    return new Terminal(folder)
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  /** A file of this device with that text. */
  async holds(text: string): Promise<string> {
    const name = this.file('held')
    await writeFile(name, text)
    return name
  }

  async read(name: string): Promise<string> {
    return (await readFile(this.file(name), 'utf8')).trim()
  }

  /** Runs a command to its end and gives what it printed. */
  async run(...args: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(this.command, this.flags(args), { env })
    return stdout.trim()
  }

  /** Runs one that sends a person to a browser, who does there what `visit` does. */
  async signingIn(visit: (address: string) => Promise<void>, ...args: string[]): Promise<string> {
    const child = spawn(this.command, this.flags(args), { stdio: ['ignore', 'pipe', 'pipe'], env })
    let [printed, said] = ['', '']
    const address = new Promise<string>((resolve, reject) => {
      child.stderr.on('data', (chunk) => {
        said += String(chunk)
        const found = /https?:\/\/\S+\/authorize\?\S+/.exec(said)
        if (found) resolve(found[0])
      })
      child.on('exit', () => reject(new Error(`${args.join(' ')}: ${said}`)))
    })
    child.stdout.on('data', (chunk) => (printed += String(chunk)))
    const ended = once(child, 'exit')
    await visit(await address)
    const [code] = await ended
    if (code !== 0) throw new Error(`${args.join(' ')}: ${printed}${said}`)
    return printed
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  private get command(): string {
    return join(dirname(program), 'countersign')
  }

  private flags(args: string[]): string[] {
    return ['--vault', this.file('vault'), '--passphrase-file', this.file('passphrase'), ...args]
  }
}
