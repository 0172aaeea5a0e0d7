/** Another device opens the backup: its screen and this one agree, as in a move. */
import { useScreens } from '../move/come'
import { back } from '../shell/router'
import { base64 } from '../remote/bytes'
import { unlock } from './opening'

export function FromDevice() {
  const screens = useScreens()
  if (!screens) return null
  const lent = async (bytes: Uint8Array) => {
    await unlock(async () => ({ lent: base64(bytes) })) // what is wrong is said below the ways
    back('recover')
  }
  return <screens.NewPhone wants="backup" lent={lent} from="recover" />
}
