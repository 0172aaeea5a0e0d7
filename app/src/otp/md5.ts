/** MD5 (RFC 1321), which mOTP is made of and WebCrypto leaves out. It guards
 *  nothing here: it is what the other side computes. */

const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

const sines = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32))

type State = [a: number, b: number, c: number, d: number]

export function md5(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = padded(message)
  let state: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < blocks.byteLength; at += 64) state = mixed(state, blocks, at)
  const digest = new DataView(new ArrayBuffer(16))
  state.forEach((word, i) => digest.setInt32(i * 4, word, true))
  return new Uint8Array(digest.buffer)
}

/** The message, a one, zeros, and its length in bits: whole blocks of 64 bytes. */
function padded(message: Uint8Array): DataView<ArrayBuffer> {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64)
  bytes.set(message)
  bytes[message.length] = 0x80
  const view = new DataView(bytes.buffer)
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n, true)
  return view
}

function mixed(state: State, blocks: DataView, at: number): State {
  let [a, b, c, d] = state
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const nth = ([i, 5 * i + 1, 3 * i + 5, 7 * i][round] ?? 0) & 15
    const word = blocks.getInt32(at + 4 * nth, true)
    const sum = a + chosen(round, b, c, d) + word + (sines[i] ?? 0)
    const by = shifts[4 * round + (i & 3)] ?? 0
    ;[a, d, c, b] = [d, c, b, (b + ((sum << by) | ((sum | 0) >>> (32 - by)))) | 0]
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0]
}

/** F, G, H and I of the RFC. */
function chosen(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d)
  if (round === 1) return (b & d) | (c & ~d)
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d)
}
