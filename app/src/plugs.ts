/** The parts of the app, in the order in which they are asked. */
import { approvals } from './approve/plug'
import { backingUp } from './backup/plug'
import { accounts } from './codes/plug'
import { coming } from './core/plug'
import { files } from './files/plug'
import { help } from './help/plug'
import { locking } from './lock/plug'
import { moving } from './move/plug'
import { pairing } from './pair/plug'
import { pushes } from './push/plug'
import { recovering } from './recover/plug'
import type { Plug } from './shell/plug'
import { program } from './sw/plug'

export const plugs: Plug[] = [program, approvals, pairing, pushes, locking, accounts, moving, recovering, files, backingUp, help, coming]
