import { defineConfig } from '@playwright/test'
import { chromium } from './chromium.ts'

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../test-results',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  // A journey takes a quarter of its time on a quiet machine. What waits does so
  // for what comes, not for a moment: a busy machine is slow, not wrong.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  forbidOnly: true,
  reporter: 'list',
  use: {
    launchOptions: chromium('shell'),
    contextOptions: { reducedMotion: 'reduce' }, // what moves takes time and proves nothing; the main journey moves
    locale: 'en-GB',
    timezoneId: 'Asia/Tokyo',
    screenshot: 'only-on-failure',
    actionTimeout: 30_000,
    navigationTimeout: 60_000,
  },
})
