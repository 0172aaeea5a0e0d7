/** The version of what runs here: number, "+", and a digest of the files. The
 *  build writes it into the page. */
export function version(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=version]')?.content ?? ''
}
