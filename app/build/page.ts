/** What stands around the scripts: the symbols in index.html, the app's icons
 *  and its manifests. They come from `ui`, which the server draws from too. */
import { readFileSync, readdirSync } from 'node:fs'
import type { Plugin } from 'vite'
import { languages, messages } from './words.ts'

const ui = new URL('../../ui/', import.meta.url)

/** Puts every symbol of `icons.svg` into the page, where `<use>` finds it without a request. */
export function symbols(): Plugin {
  return {
    name: 'symbols',
    transformIndexHtml(html) {
      const sheet = readFileSync(new URL('icons.svg', ui), 'utf8')
      const found = sheet.match(/<symbol[\s\S]*?<\/symbol>/g) ?? []
      return html.replace('<!--symbols-->', `<svg class="symbols" aria-hidden="true" focusable="false">${found.join('')}</svg>`)
    },
  }
}

const digitsName = 'virtual:digits'

/** The paths of the drawn digits, for codes that are drawn in one piece. */
export function digits(): Plugin {
  return {
    name: 'digits',
    resolveId: (id) => (id === digitsName ? `\0${digitsName}` : undefined),
    load(id) {
      if (id !== `\0${digitsName}`) return undefined
      const sheet = readFileSync(new URL('icons.svg', ui), 'utf8')
      const found = [...sheet.matchAll(/<symbol id="n(\d)"[^>]*><path d="([^"]*)"\/><\/symbol>/g)]
      return `export default ${JSON.stringify(Object.fromEntries(found.map(([, digit, path]) => [digit, path])))}`
    },
  }
}

/** Icons and manifests: written with the build, answered by the development server. */
export function icons(): Plugin {
  return {
    name: 'icons',
    generateBundle() {
      for (const [fileName, source] of files()) this.emitFile({ type: 'asset', fileName, source })
    },
    configureServer(server) {
      server.middlewares.use((request, answer, next) => {
        const found = files().get((request.url ?? '').slice(1))
        if (found === undefined) return next()
        if (request.url?.endsWith('.svg')) answer.setHeader('Content-Type', 'image/svg+xml')
        answer.end(found)
      })
    },
  }
}

function files(): Map<string, string | Uint8Array> {
  const all = new Map<string, string | Uint8Array>()
  for (const name of readdirSync(new URL('icons/', ui))) {
    all.set(`icons/${name}`, readFileSync(new URL(`icons/${name}`, ui)))
  }
  for (const lang of languages) all.set(`manifest.${lang}.webmanifest`, manifest(lang))
  return all
}

/** The Web App Manifest. `id` stays for ever: it is what an installed app is known by. */
function manifest(lang: string): string {
  const say = (key: `app.${string}`) => messages(lang)[key.slice('app.'.length)] ?? ''
  const icon = (name: string, size: number, purpose = 'any') => ({
    src: `/icons/${name}-${size}.png`,
    sizes: `${size}x${size}`,
    type: 'image/png',
    purpose,
  })
  return JSON.stringify({
    id: '/',
    start_url: '/',
    scope: '/',
    name: 'Countersign',
    short_name: 'Countersign',
    description: say('app.manifest.description'),
    lang,
    dir: 'ltr',
    display: 'standalone',
    background_color: '#f6f2e9',
    theme_color: '#f6f2e9',
    categories: ['security', 'utilities'],
    launch_handler: { client_mode: 'focus-existing' },
    icons: [icon('icon', 192), icon('icon', 512), icon('maskable', 512, 'maskable')],
    shortcuts: [
      { name: say('app.manifest.add'), url: '/#add', icons: [icon('icon', 192)] },
      { name: say('app.manifest.codes'), url: '/#', icons: [icon('icon', 192)] },
    ],
  })
}
