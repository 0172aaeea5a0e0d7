/** The parts of the app, in the order in which they are asked. */
import type { Plug } from './shell/plug'

export const plugs: Plug[] = []
