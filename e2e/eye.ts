// A look at a screen: is it readable by everybody, in one language, on a narrow
// window, and how does it look?
import type { Page, TestInfo } from '@playwright/test'
import { expect, expectAccessible, type Language } from './fixtures.ts'
import { messages } from './words.ts'

export class Eye {
  private seen = 0
  private readonly foreign: (text: string) => boolean

  constructor(
    private readonly language: Language,
    private readonly info: TestInfo,
  ) {
    this.foreign = language === 'en' ? japanese : english()
  }

  /** Looks at a screen, once it shows what it is known by. With PICTURES=1 its picture goes to the test's folder. */
  async see(page: Page, name: string, shows?: string): Promise<void> {
    if (shows !== undefined) await expect(page.getByText(shows).first(), name).toBeVisible()
    await expect(page.locator('html'), name).toHaveAttribute('lang', this.language)
    await page.waitForLoadState()
    await page.evaluate(drawn)
    await expect(page, name).not.toHaveTitle('')
    const texts = await page.evaluate(textsIn, this.language)
    expect(texts.filter(this.foreign), `${name}: another language`).toEqual([])
    await this.narrow(page, name)
    if (process.env.PICTURES) await page.screenshot({ path: this.info.outputPath(`${String(++this.seen).padStart(2, '0')}-${name}.png`) })
    await expectAccessible(page)
  }

  /** WCAG 2.2, 1.4.10: no scrolling sideways at 320 CSS pixels. */
  private async narrow(page: Page, name: string): Promise<void> {
    const before = page.viewportSize() ?? { width: 1280, height: 720 }
    await page.setViewportSize({ width: 320, height: before.height })
    expect(await page.evaluate(tooWide), `${name}: wider than 320`).toEqual([])
    await page.setViewportSize(before)
  }
}

/** Whatever was just changed is on the screen, and has come to rest: what still fades in has other colours. */
async function drawn(): Promise<void> {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity)
  await Promise.race([Promise.allSettled(passing.map((one) => one.finished)), new Promise((done) => setTimeout(done, 3_000))])
}

/** What makes the window scroll sideways, if it does. */
function tooWide(): string[] {
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth <= clientWidth) return []
  const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > clientWidth)
  return [`${scrollWidth}`, ...wide.map((one) => one.outerHTML.slice(0, 200))]
}

/** Everything a page says, piece by piece, but for what says that it is in another language. */
function textsIn(language: string): string[] {
  const said: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node instanceof Element ? node : node.parentElement
    if (!element || element.closest('script, style, noscript') || element.closest('[lang]')?.getAttribute('lang') !== language) continue
    if (node instanceof Element) said.push(...['aria-label', 'title', 'placeholder', 'alt'].map((name) => node.getAttribute(name) ?? ''))
    else said.push(node.nodeValue ?? '')
  }
  return [...said, document.title].map((text) => text.trim()).filter(Boolean)
}

/** Names of people are written as they are. */
function japanese(text: string): boolean {
  return /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text.replaceAll(/^佐$|佐藤 悠|日本語/g, ''))
}

/** Finds the sentences of the English messages, whole or within other text. */
function english(): (text: string) => boolean {
  const [en, ja] = [messages('en'), messages('ja')]
  const mine = [...en].filter(([key, message]) => ja.get(key) !== message).map(([, message]) => message)
  const whole = mine.map((message) => message.split(/\{[^}]*\}+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
  const exact = new RegExp(`^(?:${whole.filter((parts) => parts.join('').length > 2).map((parts) => parts.join('.+')).join('|')})$`)
  const long = whole.flat().filter((part) => part.trim().split(/\s+/).length > 2)
  const within = new RegExp(long.join('|'))
  return (text) => exact.test(text) || within.test(text)
}
