// What every journey has at hand: a server of its own, a computer, a phone.
//
//   test("pair a phone", async ({ demo, computer, phone }) => { … })
//
// Pages are watched: a violated policy, an uncaught error or a request to a
// stranger fails the test at its end.
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base, chromium as player, devices, expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test'
import type axe from 'axe-core'
import { filmMoving, filmPicture, filmScreen, filmWall } from './camera.ts'
import { camera, chromium, type Engine } from './chromium.ts'
import { Demo } from './demo.ts'
import { watch } from './watch.ts'
import { words, type Say } from './words.ts'

export { expect }

export type Language = 'en' | 'ja'

const locales: Record<Language, string> = { en: 'en-GB', ja: 'ja-JP' }

/** A phone: a small window with a camera of its own, at which a test holds pictures. */
export class Phone {
  constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    private readonly browser: Browser,
    private readonly film: string,
  ) {}

  /** The same phone with another of its pages before the person. */
  at(page: Page): Phone {
    return new Phone(page, this.context, this.browser, this.film)
  }

  /** Holds the camera to what another page shows. Do this before the scanner opens. */
  async seesScreen(seen: Locator): Promise<void> {
    await filmScreen(this.browser, this.film, seen)
  }

  /** Holds the camera to QR codes on another page that change all the time. */
  async seesMoving(seen: Locator, pictures: number): Promise<void> {
    await filmMoving(this.film, seen, pictures)
  }

  /** Holds the camera to a picture. */
  async seesPicture(png: Buffer): Promise<void> {
    await filmPicture(this.browser, this.film, png)
  }

  /** Points the camera at a wall. */
  async seesNothing(): Promise<void> {
    await filmWall(this.film)
  }
}

interface Fixtures {
  /** The language people in this test read. */
  language: Language
  colorScheme: 'light' | 'dark'
  /** What phones are played by. */
  engine: Engine
  /** The words of that language. */
  say: Say
  /** A server with a fresh database; what one test did never explains another. */
  demo: Demo
  /** A window on a computer. */
  computer: Page
  /** A phone with a fake camera. */
  phone: Phone
  /** Another phone, when a test needs a second. */
  newPhone: () => Promise<Phone>
  /** What went wrong on any page; empty at the end of every test. */
  complaints: string[]
}

export const test = base.extend<Fixtures>({
  language: ['en', { option: true }],

  engine: ['shell', { option: true }],

  locale: async ({ language }, use) => use(locales[language]),

  say: async ({ language }, use) => use(words(language)),

  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    expect(complaints).toEqual([])
  },

  demo: async ({}, use) => {
    const demo = await Demo.start()
    await use(demo)
    await demo.stop()
  },

  computer: async ({ context, page, complaints }, use) => {
    await watch(context, complaints)
    await use(page)
  },

  newPhone: async ({ locale, colorScheme, complaints, contextOptions, engine }, use) => {
    const dir = await mkdtemp(join(tmpdir(), 'countersign-camera-'))
    const browsers: Browser[] = []
    await use(async () => {
      const film = join(dir, `${browsers.length}.y4m`)
      await filmWall(film)
      const browser = await player.launch(chromium(engine, ...camera(engine, film)))
      browsers.push(browser)
      const { viewport, hasTouch, isMobile, userAgent } = devices['Pixel 7']
      const context = await browser.newContext({
        ...contextOptions,
        viewport,
        hasTouch,
        isMobile,
        userAgent,
        deviceScaleFactor: 2,
        locale: locale ?? 'en-GB',
        timezoneId: 'Asia/Tokyo',
        colorScheme,
        permissions: ['camera'],
      })
      await watch(context, complaints)
      return new Phone(await context.newPage(), context, browser, film)
    })
    await Promise.all(browsers.map((b) => b.close()))
    await rm(dir, { recursive: true, force: true })
  },

  phone: async ({ newPhone }, use) => use(await newPhone()),
})

/** Finds nothing that WCAG 2.2 AA forbids on a page as it is now. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.waitForLoadState() // half a page says nothing
  await expect(page.locator('h1').first()).toBeAttached() // and the app draws itself after it
  await page.evaluate(judge)
  const found = await page.evaluate(judged, rules)
  const said = found.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html}\n  ${n.failureSummary}`).join('\n')}`)
  expect(said, `axe on ${page.url()}`).toEqual([])
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** axe in its short form: every page reads it anew, and the long one is 1.3 MB. */
const judge = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on the page that it was put into. None of the rules reads style sheets, so they are not fetched again. */
async function judged(tags: string[]): Promise<axe.Result[]> {
  const { axe: put } = window as unknown as { axe: typeof axe }
  return (await put.run({ runOnly: tags, resultTypes: ['violations'], preload: false })).violations
}
