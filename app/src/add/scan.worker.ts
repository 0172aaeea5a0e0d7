/** Finds QR codes in frames, away from the thread that draws. zxing-cpp as
 *  WebAssembly, served by us and fetched when the scanner opens. */
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

/** A frame to look at. `thorough` is for a picture, which comes only once. */
export type Frame = { image: ImageData; thorough: boolean }

/** What was found: the text of a QR code, nothing, or that we cannot look. */
export type Finding = { text?: string; failed?: true }

prepareZXingModule({ overrides: { locateFile: () => wasm } })

addEventListener('message', (event: MessageEvent<Frame>) => {
  void find(event.data).then((finding) => postMessage(finding))
})

async function find({ image, thorough }: Frame): Promise<Finding> {
  try {
    const found = await readBarcodes(image, {
      formats: ['QRCode', 'MicroQRCode'],
      maxNumberOfSymbols: 1,
      tryHarder: true,
      tryRotate: thorough,
      tryInvert: true,
      tryDownscale: true,
    })
    const text = found.find((code) => code.isValid)?.text
    return text === undefined ? {} : { text }
  } catch {
    return { failed: true }
  }
}
