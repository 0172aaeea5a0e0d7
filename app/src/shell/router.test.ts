import { beforeEach, expect, test, vi } from 'vitest'

/** A history as browsers have it: going somewhere takes a moment, and is told by `popstate`. */
class SlowHistory {
  private readonly entries: { state: unknown; hash: string }[] = [{ state: null, hash: '' }]
  private at = 0
  lost = false

  get state(): unknown {
    return this.entries[this.at]?.state
  }

  pushState(state: unknown, _: string, hash = this.hash): void {
    this.entries.splice(++this.at, Infinity, { state, hash })
  }

  replaceState(state: unknown, _: string, hash = this.hash): void {
    this.entries[this.at] = { state, hash }
  }

  go(by: number): void {
    if (this.lost) return
    setTimeout(() => {
      this.at = Math.max(0, this.at + by)
      pops()
    }, 10)
  }

  get hash(): string {
    return this.entries[this.at]?.hash ?? ''
  }
}

let pops: () => void
let past: SlowHistory
let router: typeof import('./router')

const sheet = (name: string, closed?: () => void) => ({ draw: () => name, ...(closed && { closed }) })
const open = () => router.sheets.value.map((one) => one.draw(() => undefined))
const later = () => vi.advanceTimersByTime(50)

beforeEach(async () => {
  vi.useFakeTimers()
  vi.resetModules()
  past = new SlowHistory()
  vi.stubGlobal('history', past)
  vi.stubGlobal('location', {
    get hash() {
      return past.hash
    },
  })
  vi.stubGlobal('addEventListener', (type: string, tell: () => void) => {
    if (type === 'popstate') pops = tell
  })
  vi.stubGlobal('document', { getElementById: () => ({ replaceChildren: () => undefined }), documentElement: {} })
  router = await import('./router')
  router.startRouter()
  return () => vi.useRealTimers().unstubAllGlobals()
})

test('a sheet that comes while another one leaves stays', () => {
  const left = vi.fn()
  const close = router.openSheet(sheet('verdict'))
  close()
  router.openSheet(sheet('next request', left))
  later()
  expect(open()).toEqual(['next request'])
  expect(left).not.toHaveBeenCalled()
  past.go(-1) // back
  later()
  expect(open()).toEqual([])
  expect(left).toHaveBeenCalledOnce()
})

test('touched twice, a button that closes leaves the screen below where it is', () => {
  router.go('account/1')
  const close = router.openSheet(sheet('more'))
  close()
  close()
  later()
  expect(open()).toEqual([])
  expect(router.route.value.path).toEqual(['account', '1'])
})

test('a screen chosen while a sheet leaves is shown, and back leads to the one before', () => {
  router.go('menu')
  const close = router.openSheet(sheet('language'))
  close()
  router.go('menu/about')
  later()
  expect(router.route.value.path).toEqual(['menu', 'about'])
  router.back()
  later()
  expect(router.route.value.path).toEqual(['menu'])
})

test('a history that has lost its entries holds nothing up', () => {
  const close = router.openSheet(sheet('verdict'))
  past.lost = true
  close()
  router.go('menu')
  vi.advanceTimersByTime(2000)
  expect(open()).toEqual([])
  expect(router.route.value.path).toEqual(['menu'])
})
