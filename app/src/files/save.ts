/** Gives a file to the browser's downloads. */
export function save(bytes: Uint8Array<ArrayBuffer>, name: string, type: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([bytes], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // some browsers read it late
}

/** `countersign-2026-11-28.json`, by this phone's day. */
export function fileName(ending: string, now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, '0')
  return `countersign-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.${ending}`
}
