/** Before secrets are shown or written, the parts of the app are asked whether
 *  they may leave: a lock asks who is there. */
import { plugs } from '../plugs'

export async function maySecretsLeave(): Promise<boolean> {
  for (const { mayLeave } of plugs) if (mayLeave && !(await mayLeave())) return false
  return true
}
