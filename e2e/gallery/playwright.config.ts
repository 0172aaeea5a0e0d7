import { defineConfig } from '@playwright/test'
import { chromium } from '../chromium.ts'
import { out } from './sheet.ts'

process.env['COUNTERSIGN_GALLERY'] = out

/** The contact sheet: `make gallery`. Not a test of anything; a person looks at it.
 *  Beside the first journey, what other journeys look at on their way. */
export default defineConfig({
  testDir: '..',
  testMatch: ['gallery/*.gallery.ts', 'backup.spec.ts', 'recover.spec.ts', 'console.spec.ts'],
  grep: [/screens$/, /backup\.spec\.ts /, /a lost phone: /, /console\.spec\.ts en /],
  outputDir: '../../test-results/gallery',
  globalTeardown: './sheet.ts',
  workers: 2,
  fullyParallel: true,
  timeout: 300_000,
  expect: { timeout: 30_000 },
  reporter: 'list',
  use: { launchOptions: chromium('whole'), timezoneId: 'Asia/Tokyo', actionTimeout: 20_000, navigationTimeout: 20_000 },
})
