// The authenticator in a terminal, as a device of its own.
import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
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

  /** Starts a command that somebody watches and types to. */
  start(...args: string[]): Running {
    return new Running(spawn(this.command, this.flags(args), { env }))
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

export class Running {
  private said = ''
  private printed = ''
  private readonly ended: Promise<unknown[]>

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stderr.on('data', (chunk) => (this.said += String(chunk)))
    child.stdout.on('data', (chunk) => (this.printed += String(chunk)))
    this.ended = once(child, 'close')
  }

  /** Waits until it has said something. */
  async hears(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.said)
      if (found) return found[1] ?? ''
      if (this.child.exitCode !== null) throw new Error(this.said)
      await Promise.race([once(this.child.stderr, 'data'), this.ended])
    }
  }

  types(line: string): void {
    this.child.stdin.write(`${line}\n`)
  }

  /** What it has printed by its end, if all went well. */
  async ends(): Promise<string> {
    const [code] = await this.ended
    if (code !== 0) throw new Error(`${String(code)}: ${this.said}`)
    return this.printed
  }

  /** The QR code that it drew: half blocks as strokes "Mx y.5hN". */
  drawn(): { size: number; path: string } {
    // oxlint-disable-next-line no-control-regex -- the colours of a terminal
    const rows = [...this.said.matchAll(/\u001b\[30;107m(.*)\u001b\[0m/g)].map(([, row = '']) => row)
    let path = ''
    rows.forEach((row, y) => {
      ;[...row].forEach((cell, x) => {
        if ('▀█'.includes(cell)) path += `M${x} ${2 * y}.5h1`
        if ('▄█'.includes(cell)) path += `M${x} ${2 * y + 1}.5h1`
      })
    })
    return { size: rows.length * 2, path }
  }
}
