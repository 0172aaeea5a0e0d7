/** One line at the bottom that says what just happened, read out politely. It
 *  stands outside the app's tree, so the first paint can use it too. */

/** What a toast offers besides reading it, such as *Undo*. */
export type Offer = { label: string; act: () => void }

let timer = 0

/** Shows a line for four seconds, for ten if it offers something. */
export function toast(text: string, offer?: Offer): void {
  hideToast()
  const line = document.createElement('p')
  line.className = 'toast'
  line.append(icon('i-check'), text)
  if (offer) line.append(button(offer))
  place().replaceChildren(line)
  timer = window.setTimeout(hideToast, offer ? 10_000 : 4_000)
}

export function hideToast(): void {
  clearTimeout(timer)
  place().replaceChildren()
}

/** The region lives as long as the page: a region that appears with its words is not read out. */
function place(): Element {
  const found = document.getElementById('toasts')
  if (!found) throw new Error('index.html has no #toasts')
  return found
}

function button(offer: Offer): Element {
  const made = document.createElement('button')
  made.type = 'button'
  made.textContent = offer.label
  made.addEventListener('click', () => {
    hideToast()
    offer.act()
  })
  return made
}

function icon(name: string): Element {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('class', 'i i-s')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#${name}`)
  svg.append(use)
  return svg
}
