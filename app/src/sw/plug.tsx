/** The app as a program: kept for times without a network, renewed when the
 *  person says so. */
import type { Plug } from '../shell/plug'
import { startWorker, UpdateLine } from './update'

export const program: Plug = {
  notices: () => <UpdateLine />,
  background: () => void startWorker().catch(() => undefined),
}
