/** Server-sent events, read from a `fetch` body: EventSource cannot sign its
 *  request. Only what our streams use: names, data, comments. */
export type StreamEvent = { event: string; data: string }

/** Cuts a text stream into events. `feed` takes a piece of any size and gives
 *  the events that became complete with it. */
export function eventReader(): { feed(piece: string): StreamEvent[] } {
  let rest = ''
  let event = ''
  let data: string[] = []

  function line(text: string): StreamEvent | undefined {
    if (text === '') {
      const complete = data.length > 0 ? { event: event || 'message', data: data.join('\n') } : undefined
      event = ''
      data = []
      return complete
    }
    const colon = text.indexOf(':')
    const name = colon < 0 ? text : text.slice(0, colon)
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') event = value
    if (name === 'data') data.push(value)
    return undefined
  }

  return {
    feed(piece) {
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      if (rest.length > 65536) throw new RangeError('an event without an end')
      return lines.map(line).filter((found) => found !== undefined)
    },
  }
}
