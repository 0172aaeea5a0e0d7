/** Dragging a row by its mark: at once with a mouse, after a moment's press with a
 *  finger, so that scrolling stays scrolling. A copy of the row follows the
 *  pointer; a line shows where the row would go. */
import { place } from './arrange'
import { warmUp } from './deeds'

/** How long a finger rests before the row is lifted, in milliseconds. */
const rest = 350

/** How far a mouse moves before it drags, and a finger before it scrolls. */
const slack = 6

/** How near to the window's edge the list begins to scroll. */
const edge = 96

type Point = { x: number; y: number }

/** Beside which row the lifted one would stand. */
type Spot = { row: HTMLElement; after: boolean }

/** What is known of the lifted row, wherever the list has scrolled meanwhile. */
type Lifted = { id: string; kind: string; pinned: boolean }

/** One drag, from the press to the drop. */
class Drag {
  readonly #row: HTMLElement
  readonly #lifted: Lifted
  readonly #pointer: number
  readonly #finger: boolean
  readonly #from: Point
  #at: Point
  #timer = 0
  #frame = 0
  #ghost: HTMLElement | undefined
  #spot: Spot | undefined

  constructor(row: HTMLElement, event: PointerEvent) {
    this.#row = row
    const { id = '', pinned } = row.dataset
    this.#lifted = { id, pinned: pinned !== undefined, kind: row.parentElement?.dataset.kind ?? '' }
    this.#pointer = event.pointerId
    this.#finger = event.pointerType !== 'mouse'
    this.#from = this.#at = { x: event.clientX, y: event.clientY }
  }

  begin(): void {
    addEventListener('pointermove', this.#move)
    addEventListener('pointerup', this.#up)
    addEventListener('pointercancel', this.#cancel)
    addEventListener('keydown', this.#key, { capture: true })
    addEventListener('touchmove', this.#hold, { passive: false })
    addEventListener('contextmenu', this.#hold)
    if (this.#finger) this.#timer = window.setTimeout(() => this.#lift(), rest)
  }

  readonly #move = (event: PointerEvent): void => {
    if (event.pointerId !== this.#pointer) return
    this.#at = { x: event.clientX, y: event.clientY }
    const far = Math.hypot(this.#at.x - this.#from.x, this.#at.y - this.#from.y) > slack
    if (!this.#ghost && far) {
      if (this.#finger) return this.#end()
      this.#lift()
    }
    this.#follow()
  }

  readonly #up = (event: PointerEvent): void => {
    if (event.pointerId !== this.#pointer) return
    const spot = this.#spot
    this.#end()
    if (spot) void place(this.#lifted.id, spot.row.dataset.id ?? '', spot.after)
  }

  readonly #cancel = (): void => this.#end()

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.#ghost) return
    event.preventDefault()
    this.#end()
  }

  /** While a row is lifted the page neither scrolls nor opens a menu. */
  readonly #hold = (event: Event): void => {
    if (this.#ghost && event.cancelable) event.preventDefault()
  }

  #lift(): void {
    warmUp()
    navigator.vibrate?.(8)
    const { left, top, width } = this.#row.getBoundingClientRect()
    const ghost = document.createElement('div')
    ghost.className = 'lifted'
    ghost.inert = true
    ghost.ariaHidden = 'true'
    ghost.append(this.#row.cloneNode(true))
    ghost.style.setProperty('inline-size', `${width}px`)
    ghost.style.setProperty('inset', `${top}px auto auto ${left}px`)
    document.body.append(ghost)
    this.#ghost = ghost
    this.#row.dataset.lifted = ''
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  #follow(): void {
    if (!this.#ghost) return
    this.#ghost.style.setProperty('translate', `${this.#at.x - this.#from.x}px ${this.#at.y - this.#from.y}px`)
    this.#mark(spotAt(this.#at, this.#lifted))
  }

  #mark(spot: Spot | undefined): void {
    if (this.#spot) delete this.#spot.row.dataset.drop
    this.#spot = spot
    if (spot) spot.row.dataset.drop = spot.after ? 'after' : 'before'
  }

  /** Near an edge the list comes along. */
  readonly #scroll = (): void => {
    const { y } = this.#at
    const by = y < edge ? y - edge : y > innerHeight - edge ? y - innerHeight + edge : 0
    if (by !== 0) {
      scrollBy(0, by / 6)
      this.#follow()
    }
    this.#frame = requestAnimationFrame(this.#scroll)
  }

  #end(): void {
    clearTimeout(this.#timer)
    cancelAnimationFrame(this.#frame)
    removeEventListener('pointermove', this.#move)
    removeEventListener('pointerup', this.#up)
    removeEventListener('pointercancel', this.#cancel)
    removeEventListener('keydown', this.#key, { capture: true })
    removeEventListener('touchmove', this.#hold)
    removeEventListener('contextmenu', this.#hold)
    this.#mark(undefined)
    delete this.#row.dataset.lifted
    this.#ghost?.remove()
    this.#ghost = undefined
  }
}

/** Rows can be dragged from now on. Answers with what ends it. */
export function startDragging(): () => void {
  const press = (event: PointerEvent) => {
    if (event.button !== 0 || !event.isPrimary || !(event.target instanceof Element)) return
    const row = event.target.closest('.mark')?.closest<HTMLElement>('.account[data-id]')
    if (!row) return
    if (event.pointerType === 'mouse') event.preventDefault() // no text is marked
    new Drag(row, event).begin()
  }
  addEventListener('pointerdown', press)
  return () => removeEventListener('pointerdown', press)
}

/** Beside which row of its list a row would be dropped. */
function spotAt({ x, y }: Point, { kind, id, pinned }: Lifted): Spot | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>(`.accounts[data-kind="${kind}"] > .account`)]
  const boxes = rows
    .filter((row) => row.dataset.id !== id && (row.dataset.pinned !== undefined) === pinned)
    .map((row) => ({ row, box: row.getBoundingClientRect() }))
  const columns = new Set(boxes.map(({ box }) => box.left)).size
  let nearest: { spot: Spot; far: number } | undefined
  for (const { row, box } of boxes) {
    const [fromX, fromY] = [x - box.left - box.width / 2, y - box.top - box.height / 2]
    const far = Math.hypot(columns > 1 ? fromX : 0, fromY)
    if (!nearest || far < nearest.far) nearest = { spot: { row, after: (columns > 1 ? fromX : fromY) > 0 }, far }
  }
  return nearest?.spot
}
