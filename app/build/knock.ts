/** The knock worker: one plain script of its own, so that a push wakes as little
 *  as possible. It brings its few messages in every language. */
import { build, type Plugin } from 'vite'
import { languages, messages } from './words.ts'

const entry = new URL('../src/sw/knock.ts', import.meta.url).pathname
const name = 'virtual:knock-words'

export function knock(): Plugin {
  return {
    name: 'knock',
    apply: 'build',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'knock.js', source: await script() })
    },
  }
}

async function script(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [knockWords()],
    build: {
      write: false,
      target: ['chrome123', 'firefox120', 'safari17.5'],
      lib: { entry, formats: ['iife'], name: 'knock' },
    },
  })
  const [first] = [built].flat()
  if (!first || !('output' in first)) throw new Error('the knock worker was not built')
  return first.output[0].code
}

/** The messages of a notification, and no others. */
export function knockWords(): Plugin {
  return {
    name: 'knock-words',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? `export default ${JSON.stringify(Object.fromEntries(languages.map(early)))}` : undefined),
  }
}

function early(lang: string): [string, Record<string, string | undefined>] {
  const all = messages(lang)
  return [lang, { title: all['push.note.title'], gone: all['push.note.gone'], change: all['push.note.change'], phone: all['push.note.phone'] }]
}
