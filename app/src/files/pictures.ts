/** Pictures among chosen files, known by their first bytes, and the texts of the
 *  QR codes in them. */
import { openReader } from '../add/reader'
import { readPicture } from '../add/scanner'
import { t } from '../words/words'

/** The first bytes of every picture that a browser may open. */
const beginnings = [/^\x89PNG/, /^\xff\xd8\xff/, /^GIF8/, /^BM/, /^RIFF.{4}WEBP/s, /^.{4}ftyp(avif|heic|heix|mif1)/s]

export async function isPicture(file: Blob): Promise<boolean> {
  const first = new Uint8Array(await file.slice(0, 16).arrayBuffer())
  const text = String.fromCharCode(...first)
  return beginnings.some((beginning) => beginning.test(text))
}

/** What was in each picture: a text, or why there is none. */
export async function readPictures(files: File[]): Promise<{ text?: string; why: string }[]> {
  const reader = openReader()
  try {
    return await Promise.all(
      files.map(async (file) => {
        const found = await readPicture(file, reader)
        return typeof found === 'string' ? { text: found, why: '' } : { why: t('files.picture.why', { name: file.name, ...found }) }
      }),
    )
  } finally {
    reader.close()
  }
}
