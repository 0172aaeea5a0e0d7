// Makes internal/server/web/static/passkey.gen.js of scripts/passkey.js beside
// it and @simplewebauthn/browser, so that the server's own origin serves all of
// it: node scripts/passkey.mjs
// What it makes is committed. With --check it only says whether that is up to date.
import { readFile, writeFile } from 'node:fs/promises'
import { build } from 'vite'

const to = 'internal/server/web/static/passkey.gen.js'
const { output } = await build({
  configFile: false,
  logLevel: 'error',
  build: {
    write: false,
    target: 'es2022',
    lib: { entry: 'internal/server/web/scripts/passkey.js', formats: ['es'] },
    minify: false,
  },
}).then((all) => all[0])
const made = `// Made by scripts/passkey.mjs from scripts/passkey.js and @simplewebauthn/browser (MIT, © Matthew Miller).\n${output[0].code}`

if (!process.argv.includes('--check')) {
  await writeFile(to, made)
} else if ((await readFile(to, 'utf8')) !== made) {
  process.stderr.write(`${to} is not what scripts/passkey.mjs makes of its sources.\n`)
  process.exitCode = 1
}
