// What must not happen on any page while a test plays: a violated policy, an
// uncaught error, a request to a stranger.
import type { BrowserContext, ConsoleMessage } from '@playwright/test'

declare global {
  interface Window {
    reportViolation?: (text: string) => void
  }
}

/** Gathers complaints of all pages of a context into a list that a test ends by finding empty. */
export async function watch(context: BrowserContext, complaints: string[]): Promise<void> {
  await context.exposeBinding('reportViolation', ({ page }, text: string) => {
    complaints.push(`${page.url()}: ${text}`)
  })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      window.reportViolation?.(`policy: ${e.effectiveDirective} refused ${e.blockedURI} ${e.sample}`)
    })
  })
  context.on('console', (message: ConsoleMessage) => {
    if (/content security policy|trusted ?types/i.test(message.text())) complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error().stack ?? error.error())))
  context.on('request', (request) => {
    const url = new URL(request.url())
    const ours = url.hostname === '127.0.0.1' || url.hostname === 'localhost' || url.hostname.endsWith('.localhost')
    if (/^(https?|wss?):$/.test(url.protocol) && !ours) complaints.push(`a request left the house: ${url.href}`)
  })
}
