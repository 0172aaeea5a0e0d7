// What goes over the wire to and from a page: every body, also of streams that
// have not ended, every address and header.
import type { CDPSession, Page } from '@playwright/test'

export class Wire {
  /** What came and went, in order; a stream's pieces each by itself. */
  readonly heard: string[] = []
  /** Answers by their address, complete ones. */
  private readonly bodies = new Map<string, string>()
  private readonly under = new Map<string, { url: string; text: boolean }>()
  private readonly reading = new Set<Promise<void>>()

  private constructor(private readonly cdp: CDPSession) {}

  /** Listens to a page from now on. */
  static async tap(page: Page): Promise<Wire> {
    const cdp = await page.context().newCDPSession(page)
    const wire = new Wire(cdp)
    cdp.on('Network.requestWillBeSent', ({ request }) => wire.heard.push(`${request.method} ${request.url} ${request.postData ?? ''}`))
    cdp.on('Network.requestWillBeSentExtraInfo', ({ headers }) => wire.heard.push(JSON.stringify(headers)))
    cdp.on('Network.responseReceivedExtraInfo', ({ headers }) => wire.heard.push(JSON.stringify(headers)))
    cdp.on('Network.responseReceived', ({ requestId, response }) => {
      wire.under.set(requestId, { url: response.url, text: /json|text|javascript|xml/.test(response.mimeType) })
      if (response.mimeType === 'text/event-stream') wire.whileRead(wire.follow(requestId))
    })
    cdp.on('Network.dataReceived', ({ data }) => wire.piece(data))
    cdp.on('Network.loadingFinished', ({ requestId }) => wire.whileRead(wire.whole(requestId)))
    await cdp.send('Network.enable')
    return wire
  }

  /** The last complete answer from an address that ends so. */
  async answer(end: string): Promise<string> {
    await Promise.all(this.reading)
    return [...this.bodies].findLast(([url]) => url.endsWith(end))?.[1] ?? ''
  }

  /** All of it as one text. */
  async all(): Promise<string> {
    await Promise.all(this.reading)
    return this.heard.join('\n')
  }

  private whileRead(reading: Promise<void>): void {
    const settled = reading.catch(() => undefined) // the page left it behind
    this.reading.add(settled)
    void settled.then(() => this.reading.delete(settled))
  }

  private async follow(requestId: string): Promise<void> {
    const { bufferedData } = await this.cdp.send('Network.streamResourceContent', { requestId })
    this.piece(bufferedData)
  }

  private async whole(requestId: string): Promise<void> {
    const { url, text } = this.under.get(requestId) ?? { url: '', text: false }
    if (!text) return
    const { body, base64Encoded } = await this.cdp.send('Network.getResponseBody', { requestId })
    const answer = base64Encoded ? Buffer.from(body, 'base64').toString() : body
    this.bodies.delete(url)
    this.bodies.set(url, answer)
    this.heard.push(answer)
  }

  private piece(base64: string | undefined): void {
    if (base64) this.heard.push(Buffer.from(base64, 'base64').toString())
  }
}
