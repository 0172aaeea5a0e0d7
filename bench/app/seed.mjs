// Puts a vault where the app will find it, sealed as app/src/store/seal.ts does.

/** Runs in the page. Afterwards the app has these entries and settings. */
export async function seed({ entries, settings = {} }) {
  const open = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open('countersign', 1)
      request.onupgradeneeded = () => {
        request.result.createObjectStore('secrets')
        request.result.createObjectStore('versions', { keyPath: 'generation' })
        request.result.createObjectStore('devices', { keyPath: 'registration' })
      }
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  const vault = { version: 1, lineage: 'seed', entries, settings: { nextEarly: true, clockOffset: 0, ...settings } }
  const [generation, at] = [1, Date.now()]
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const additionalData = new TextEncoder().encode(`countersign/vault/1\0${generation}\0${at}`)
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, new TextEncoder().encode(JSON.stringify(vault)))
  const db = await open()
  const tx = db.transaction(['secrets', 'versions'], 'readwrite')
  tx.objectStore('secrets').put(key, 'data')
  tx.objectStore('versions').clear()
  tx.objectStore('versions').put({ generation, at, iv, box })
  await new Promise((resolve) => (tx.oncomplete = resolve))
  db.close()
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** A secret of the ith account's own: two accounts that make the same codes are one. */
function secretOf(i) {
  return Array.from({ length: 32 }, (_symbol, j) => alphabet[((i >> (5 * (j % 3))) + j * 13) % 32]).join('')
}

/** An id as it might have been drawn: ids say nothing of the order. */
function idOf(i) {
  return Array.from({ length: 4 }, (_part, j) => (Math.imul(i * 4 + j + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0')).join('')
}

/** n accounts of other sites, a few of them unusual. */
export function accounts(n) {
  return Array.from({ length: n }, (_entry, i) => ({
    id: idOf(i),
    kind: 'other',
    type: 'totp',
    issuer: `Site ${i}`,
    name: `person${i}@example.org`,
    secret: secretOf(i),
    algorithm: i % 10 === 3 ? 'SHA256' : 'SHA1',
    digits: i % 10 === 7 ? 8 : 6,
    period: 30,
    counter: 0,
    note: '',
    order: i,
    pinned: false,
    created: 1_760_000_000_000,
  }))
}
