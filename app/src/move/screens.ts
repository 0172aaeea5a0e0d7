// oxlint-disable-next-line import/no-unassigned-import -- Vite's way to say which style sheet this needs
import './move.css'

export { NewPhone } from './new'
export { OldPhone } from './old'
