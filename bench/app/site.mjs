// Serves app/dist the way the server does: the same policy, the same
// compression. A bench of the app needs no server behind it.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'

const dist = process.env.DIST ?? new URL('../../app/dist/', import.meta.url).pathname

const kinds = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

// O8, as internal/server/web/app writes it.
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self' https:; " +
  "worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

/** Serves on a free port of this computer what was built when it was called;
 *  answers with the address and what ends it. */
export async function serve(port = 0) {
  const files = read()
  const server = createServer((request, answer) => {
    const { pathname } = new URL(request.url, 'http://localhost')
    const path = pathname === '/' ? '/index.html' : pathname
    const plain = files.get(path)
    if (!plain) return answer.writeHead(404).end()
    const small = /\bbr\b/.test(request.headers['accept-encoding'] ?? '') ? files.get(`${path}.br`) : undefined
    answer.writeHead(200, {
      'Content-Security-Policy': policy,
      'Content-Type': kinds[extname(path)] ?? 'application/octet-stream',
      'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ...(small && { 'Content-Encoding': 'br' }),
    })
    return answer.end(small ?? plain)
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { origin: `http://localhost:${server.address().port}`, close: () => server.close() }
}

function read() {
  const about = JSON.stringify({ issuer: 'https://id.example', version: 'bench', languages: ['en', 'ja'] })
  const files = new Map([['/config.json', Buffer.from(about)]])
  for (const name of readdirSync(dist, { recursive: true })) {
    if (statSync(join(dist, name)).isFile()) files.set(`/${name}`, readFileSync(join(dist, name)))
  }
  return files
}
