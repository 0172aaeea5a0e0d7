// The app's service worker: it keeps one whole version of the app, so that it
// starts without a network and never mixes files of two versions. The build
// puts in the lists of files and the version, a digest over their contents.
const files = __PRECACHE__
const later = __LATER__
const version = __VERSION__
const prefix = 'app '
const mine = prefix + version

self.addEventListener('install', (event) => {
  event.waitUntil(keepAll())
})

self.addEventListener('activate', (event) => {
  event.waitUntil(takeOver())
})

self.addEventListener('message', (event) => {
  // The person chose to reload, and no sheet is open.
  if (event.data === 'update') event.waitUntil(self.skipWaiting())
  // The first codes are on the screen, and nobody waits for anything.
  if (event.data === 'keep') event.waitUntil(keepLater())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (files.includes(url.pathname) || url.pathname.startsWith('/assets/')) event.respondWith(file(request))
})

// All files of this version or none: a page of another version means that the
// server is just being updated, and this worker is tried again later.
async function keepAll() {
  const cache = await caches.open(mine)
  await cache.addAll(files.map((path) => new Request(path, { cache: 'no-cache' })))
  const found = await cache.match('/')
  if (!(await found.text()).includes(version)) {
    await caches.delete(mine)
    throw new Error(`the page is not of version ${version}`)
  }
}

// What is not needed for the first codes: the scanner, the core. A file that the
// version before had too is not fetched again. What fails is tried at the next start.
async function keepLater() {
  const cache = await caches.open(mine)
  for (const path of later) {
    if (await cache.match(path)) continue
    const before = await caches.match(path)
    await (before ? cache.put(path, before) : cache.add(path)).catch(() => undefined)
  }
}

// The version before this one stays for windows that have not reloaded yet.
async function takeOver() {
  const kept = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== mine)
  for (const name of kept.slice(0, -1)) await caches.delete(name)
  await self.clients.claim()
}

// Every address of the app is the same page; what differs stands behind "#".
async function page(request) {
  const cache = await caches.open(mine)
  return (await cache.match('/')) ?? fetch(request)
}

// Our own version first, then the one before, then the network. Files under
// /assets/ carry their digest in their name, so what comes is kept.
async function file(request) {
  const cache = await caches.open(mine)
  const found = (await cache.match(request, { ignoreSearch: true })) ?? (await caches.match(request))
  if (found) return found
  const answer = await fetch(request)
  if (answer.ok && new URL(request.url).pathname.startsWith('/assets/')) await cache.put(request, answer.clone())
  return answer
}
