/** What goes into a parcel, made smaller: DEFLATE (RFC 1951), which browsers
 *  have and the worker would have to carry. */

/** As much as any backup holds. */
export const largest = 16 << 20

export async function smaller(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return collect(through(bytes, new CompressionStream('deflate-raw')), Infinity)
}

/** Throws if that is not what `smaller` made, or is more than any backup holds. */
export async function larger(bytes: Uint8Array<ArrayBuffer>, most = largest): Promise<Uint8Array<ArrayBuffer>> {
  return collect(through(bytes, new DecompressionStream('deflate-raw')), most)
}

function through(bytes: Uint8Array<ArrayBuffer>, by: CompressionStream | DecompressionStream): ReadableStream<Uint8Array> {
  return new Blob([bytes]).stream().pipeThrough(by)
}

async function collect(stream: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length
    if (size > most) {
      await reader.cancel()
      throw new RangeError('more than any backup holds')
    }
    parts.push(next.value)
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
