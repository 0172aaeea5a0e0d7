// The app's origin, served through a door that can give out a newer version of
// the app: the same program under another number, which is all its worker sees.
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Demo } from './demo.ts'

export const newer = '9.9.9+0123abcd'

export class Release {
  private published = false

  private constructor(
    private readonly server: Server,
    private readonly behind: URL,
  ) {}

  /** Opens the door before a demo's app. */
  static async of(demo: Demo): Promise<Release> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const release = new Release(server, new URL(demo.at.app))
    server.on('request', (asked, answer) => release.pass(asked, answer))
    return release
  }

  get origin(): string {
    return `http://${this.behind.hostname}:${(this.server.address() as AddressInfo).port}`
  }

  /** From now on there is a newer version. */
  publish(): void {
    this.published = true
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { port, host } = this.behind
    const path = asked.url ?? '/'
    const onward = request({ host: '127.0.0.1', port, path, method: asked.method, headers: { host, accept: asked.headers.accept } })
    onward.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      if (this.published && (path === '/' || path === '/sw.js')) void this.renumber(given, answer)
      else given.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    onward.end()
  }

  private async renumber(given: IncomingMessage, answer: ServerResponse): Promise<void> {
    answer.end((await text(given)).replaceAll(/\d+\.\d+\.\d+\+[0-9a-f]{8}/g, newer))
  }
}
