// The browser that plays the journeys: Debian's Chromium.
import type { LaunchOptions } from '@playwright/test'

const always = [
  '--disable-dev-shm-usage', // small in containers
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

export function chromium(...args: string[]): LaunchOptions {
  return { executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: [...always, ...args] }
}

/** Flags of a phone whose camera shows the frames of a .y4m file. Whether a page
 *  may look is a permission of its context. */
export function camera(file: string): string[] {
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`]
}
