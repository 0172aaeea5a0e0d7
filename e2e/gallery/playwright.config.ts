import { defineConfig } from '@playwright/test'
import { chromium } from '../chromium.ts'

/** The contact sheet: `make gallery`. Not a test of anything; a person looks at it. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.gallery.ts',
  outputDir: '../../test-results/gallery',
  globalTeardown: './sheet.ts',
  workers: 2,
  fullyParallel: true,
  timeout: 300_000,
  reporter: 'list',
  use: { launchOptions: chromium('whole'), timezoneId: 'Asia/Tokyo', actionTimeout: 20_000, navigationTimeout: 20_000 },
})
