/// <reference types="vitest/config" />
import { defineConfig } from 'vite'
import { core } from './build/core.ts'
import { knock, knockWords } from './build/knock.ts'
import { licences } from './build/licences.ts'
import { compressed, release } from './build/release.ts'
import { digits, icons, symbols } from './build/page.ts'
import { startWords } from './build/words.ts'

// Vite wants a default export here.
export default defineConfig({
  plugins: [core(), startWords(), knockWords(), digits(), symbols(), icons(), licences(), knock(), release(), compressed()],
  build: {
    target: ['chrome123', 'firefox120', 'safari17.5'], // light-dark(): what our style sheets need anyway
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    emptyOutDir: true,
  },
  server: { fs: { allow: ['..'] } },
  worker: { format: 'es' },
  test: { include: ['src/**/*.test.ts'], testTimeout: 60_000, setupFiles: ['build/test.ts'] },
})
