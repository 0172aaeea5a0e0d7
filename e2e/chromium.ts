// The browsers that play the journeys, both Debian's Chromium.
import type { LaunchOptions } from '@playwright/test'

/** The same engine twice: `shell` is Chromium without its windows, which costs
 *  half as much. What those windows bring – notifications, a question before the
 *  camera, installing – takes the `whole` of it. */
export type Engine = 'shell' | 'whole'

const programs: Record<Engine, string> = { shell: '/usr/bin/chromium-headless-shell', whole: '/usr/bin/chromium' }

const always = [
  '--disable-dev-shm-usage', // small in containers
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

export function chromium(engine: Engine, ...args: string[]): LaunchOptions {
  return { executablePath: process.env['CHROMIUM'] ?? programs[engine], args: [...always, ...args] }
}

/** Flags of a phone whose camera shows the frames of a .y4m file. In the whole
 *  browser it is a permission of the context whether a page may look; the shell
 *  asks nobody. */
export function camera(engine: Engine, file: string): string[] {
  const asks = engine === 'shell' ? ['--use-fake-ui-for-media-stream'] : []
  return ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${file}`, ...asks]
}
