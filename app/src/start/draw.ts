/** What the first paint draws, the app draws again: views that both need are
 *  written once, for anything that makes elements. The first paint makes real
 *  ones with `element`; the app passes Preact's own `h` and takes over what is
 *  already there. */

export type Props = Readonly<
  Record<string, string | number | boolean | ((event: Event) => void) | Readonly<Record<string, string>> | undefined>
>

/** Makes one element. `key` and handlers (`on…`) are the app's business. */
export type Draw<N> = (tag: string, props: Props | null, ...children: (N | string | null)[]) => N

const svgNames = new Set(['svg', 'use', 'path', 'text', 'g'])

/** Makes a real element. Handlers are left out: the app brings them. */
export function element(tag: string, props: Props | null, ...children: (Node | string | null)[]): Node {
  const made = svgNames.has(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag)
  for (const [name, value] of Object.entries(props ?? {})) set(made, name, value)
  for (const child of children) if (child !== null) made.append(child)
  return made
}

function set(made: HTMLElement | SVGElement, name: string, value: Props[string]): void {
  if (name === 'key' || value === undefined || value === false || typeof value === 'function') return
  if (typeof value === 'object') {
    for (const [property, text] of Object.entries(value)) made.style.setProperty(property, text)
  } else {
    made.setAttribute(name, value === true ? '' : String(value))
  }
}

/** One of our icons. */
export function drawIcon<N>(draw: Draw<N>, name: string, look = 'i'): N {
  return draw('svg', { class: look, 'aria-hidden': 'true' }, draw('use', { href: `#${name}` }))
}
