// QR codes by other people's hands: zxing draws what our scanner reads, zbar
// reads what our pages draw.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer'

const wasm = fileURLToPath(import.meta.resolve('zxing-wasm/writer/zxing_writer.wasm'))

/** Draws a text as a QR code (PNG). */
export async function drawQR(text: string): Promise<Buffer> {
  const { buffer } = new Uint8Array(await readFile(wasm))
  prepareZXingModule({ overrides: { wasmBinary: buffer } })
  const { image, error } = await writeBarcode(text, { format: 'QRCode', scale: 8 })
  if (image === null) throw new Error(error)
  return Buffer.from(await image.arrayBuffer())
}

/** Reads the QR code in a picture file, as zbarimg does. */
export async function readQR(file: string): Promise<string> {
  const { stdout } = await promisify(execFile)('zbarimg', ['--quiet', '--raw', '--nodbus', '-Sdisable', '-Sqrcode.enable', file])
  return stdout.trim()
}
