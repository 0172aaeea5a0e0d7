/** What can be asked of the core, and what it answers: the other side of
 *  `cmd/core-wasm/internal/calls`. Times are milliseconds since 1970. */
import type { PublicKey } from '../remote/message'
import type { Algorithm, CodeType, Entry } from '../store/vault'

type Op<Args, Result> = { args: Args; result: Result }
type None = Record<never, never>

/** What codes are made from; what is left out is as most sites have it. */
export type Recipe = {
  type: CodeType
  secret: string
  algorithm?: Algorithm
  digits?: number
  period?: number
  counter?: number
  pin?: string
}

export type Draft = Recipe & { issuer: string; name: string; note?: string; tags?: string[]; pinned?: boolean }

/** What is left out stays as it is. */
export type Edit = {
  id: string
  issuer?: string
  name?: string
  note?: string
  icon?: string
  tags?: string[]
  pinned?: boolean
  recipe?: Recipe
}

export type Trashed = { account: Entry; removed: number; until: number }

/** An account as it was once something about it had been written. `device` is
 *  empty for this one. */
export type Revision = { account: Entry; at: number; device: string }

export type Deed = 'add' | 'edit' | 'move' | 'remove' | 'restore' | 'import'
export type Done = { did: Deed; count: number; at: number }

/** The same names with another secret, or the same person at the same sign-in service. */
export type AlreadyHere = { ours: Entry; theirs: Entry; why: 'names' | 'person' }

export type Outcome = {
  added: Entry[]
  changed: Entry[]
  removed: Entry[]
  /** Accounts both had under different ids: one each now. */
  same: number
  alreadyHere: AlreadyHere[]
  /** Devices whose clocks are ahead. */
  ahead: string[]
}

/** What became of a vault that is known: accounts that look otherwise or are new, and
 *  the ids of those that are gone. */
export type Few = { entries: Entry[]; gone: string[] }

/** An old version beside what is here: accounts that are not here, that are here
 *  with other names, and that it does not have. */
export type Comparison = { new: Entry[]; changed: Entry[]; missing: Entry[] }

/** Asked before a merge removes many accounts: the error `asks` brings it. */
export type Question = { accounts: Entry[]; by: string[] }

export type Format = { id: string; name: string; message: string; verified: boolean; encrypted: boolean; writes: boolean }

export type State = 'new' | 'same' | 'changed' | 'conflict' | 'refused'

export type Reason =
  | 'twice'
  | 'in_trash'
  | 'names'
  | 'note'
  | 'tags'
  | 'counter'
  | 'pin'
  | 'other_secret'
  | 'other_form'

/** What to do with an account of a file. `add` puts it beside one that is here,
 *  `fill` takes what ours lacks, `replace` takes the file's instead. */
export type Choice = 'add' | 'fill' | 'replace' | 'skip'

export type Item = {
  issuer: string
  name: string
  type: CodeType
  tags: string[]
  state: State
  reasons: Reason[]
  /** The account it is, or conflicts with. */
  here?: string
  choice: Choice
  /** Why it is refused. */
  error?: Code
}

export type Problem = {
  entry: string
  reason: string
  message: string
  detail?: string
  /** With a PIN the account is whole: `import` takes it in `pins`. */
  needsPin: boolean
}

export type Found = {
  format: Format
  items: Item[]
  problems: Problem[]
  /** Of Google Authenticator: how many of its codes were scanned. */
  scanned?: { have: number; of: number; missing: number[] }
}

/** What became of an account in a recovery. `verify`: a personal account of a
 *  sign-in service, `scan`: one of work or school; they wait to be issued anew. */
export type Fate = 'restored' | 'kept' | 'verify' | 'scan' | 'failed'

/** `other`: of a kept account the backup has another copy, for `beside`; `id` is that copy's then. */
export type Recovered = {
  id: string
  state: Fate
  why?: 'trash' | 'codes'
  kind: Entry['kind']
  issuer: string
  name: string
  host?: string
  other?: boolean
}

export type Receipt = { added: number; filled: number; replaced: number; skipped: number; ids: string[] }

/** A QR code: modules a side, and the dark ones as strokes of an SVG path. */
export type Picture = { size: number; path: string }

/** An account as a link, to be shown or printed; without a picture if it is too long for one. */
export type Link = { issuer: string; name: string; uri: string; key: string; pin?: string; picture?: Picture }

export type Exported = {
  accounts: number
  /** Accounts that the format has no place for; those of a sign-in service without a message. */
  left: { title: string; reason: string; message?: string }[]
  /** google: ten accounts each, or fewer. */
  codes?: Picture[]
  /** uris */
  links?: Link[]
}

/** How much of a message the camera has seen. */
export type Seen = { have: number; of: number; whole: boolean }

/** What is asked about the vault as it is. */
export type Questions = {
  trash: Op<None, Trashed[]>
  history: Op<{ id: string }, Revision[]>
  last: Op<None, Done | null>
  aside: Op<None, Entry[]>
  /** Takes the `contents` of an old version, and tells what `bringBack` would do. */
  compare: Op<None, Comparison>
  formats: Op<None, Format[]>
  /** Takes a file. What was found waits for `import` or `forget`. */
  read: Op<{ password?: string }, Found>
  scanned: Op<{ text: string; first?: boolean }, Found>
  forget: Op<None, null>
  /** Any text as a QR code, unless it is too long for one. */
  picture: Op<{ text: string }, Picture | null>
  /** Gives a file back for otpauth and aegis, and for own the text to seal. */
  export: Op<{ format: 'otpauth' | 'aegis' | 'google' | 'uris' | 'own'; ids?: string[]; password?: string }, Exported>
  /** Takes a message for another device, which `frame` draws from then on. */
  show: Op<None, { frames: number; seconds: number }>
  frame: Op<{ number: number }, Picture>
  /** The text of a QR code that the camera found; gives the message once it is whole. */
  see: Op<{ text: string }, Seen>
}

/** What changes the vault. */
export type Changes = {
  add: Op<Draft, { id: string; already: boolean }>
  addURI: Op<{ uri: string }, { id: string; already: boolean }>
  edit: Op<Edit, None>
  move: Op<{ id: string; above: string }, None>
  pin: Op<{ ids: string[]; pinned: boolean }, None>
  tag: Op<{ ids: string[]; tag: string; on: boolean }, None>
  remove: Op<{ ids: string[] }, None>
  restore: Op<{ ids: string[] }, string[]>
  /** Deletes from the trash for ever. */
  purge: Op<{ ids: string[] }, None>
  /** Takes the last deed back; with `at` only if it is that one. */
  undo: Op<{ at?: number }, Done>
  beside: Op<{ ids: string[]; instead?: boolean }, None>
  /** Takes another copy of a vault. */
  merge: Op<{ answer?: 'delete' | 'keep' }, Outcome>
  name: Op<{ name: string }, None>
  /** Takes the `contents` of a backup, and overwrites nothing. Once more, it changes nothing. */
  recover: Op<{ paired: Elsewhere[] }, Recovered[]>
  /** Takes the `contents` of an old version and adds what is not here any more. */
  bringBack: Op<None, Recovered[]>
  /** Choices by the place of the item, PINs by the place of the problem. */
  import: Op<{ choices?: Record<string, Choice>; pins?: Record<string, string> }, Receipt>
}

/** How a recovery key is told, and where one was mistyped: the group, from 1. */
export type RecoveryKey = { key: string }
export type Slip = { group: number }

/** The keys of a backup, for the app to keep where it keeps the vault. With them
 *  every generation opens. */
export type Keys = { readonly device: string }
export type Kept = { keys: Keys; id?: string }

/** What the first line of a generation says. */
export type Head = { lineage: string; generation: number; device: string; time: number }

export type Way = { id: string; kind: 'key' | 'passkey' | 'device'; label: string; added: number; this: boolean }

/** An account of a sign-in service on some device: it is issued anew here. */
export type Elsewhere = {
  id: string
  kind: 'personal' | 'work'
  issuer: string
  name: string
  note: string
  icon: string
  tags: string[] | null
  pinned: boolean
  created: number
  server: string
  host: string
  directory: string
  subject: string
}

/** A generation that was opened and waits to be taken in. */
export type Generation = Head & { accounts: number; paired: Elsewhere[]; ways: Way[] }

/** A passkey's PRF: what it is given, or what it answered. Base64. */
export type Prf = { nonce: string; first: string; second: string }

/** What is known of a backup beside its vault; nothing where it is off. `proven`
 *  says of ways, by their id, when they last opened one. */
export type Facts = {
  keys?: Keys
  watch?: { on: number; since: number; verified: number; failures: number; stop?: string; paused: boolean }
  practised?: number
  proven?: Record<string, number>
  issuer?: string
  subject?: string
  login?: string
}

/** What a person does about a line of the check-up. */
export type Fix =
  | 'turn_on'
  | 'back_up'
  | 'sign_in'
  | 'make_room'
  | 'bring_back'
  | 'other_account'
  | 'resume'
  | 'practise'
  | 'prove_key'
  | 'add_way'
  | 'know_password'
  | 'second_device'
  | 'recovery_codes'

/** A line of the check-up: how the backup is, when the newest was opened for
 *  practice, a way that opens it when this device is gone (or that there is none),
 *  accounts by what brings them back, and circles. `at` is 0 for never. */
export type Finding = {
  what: 'backup' | 'practice' | 'way' | 'alone' | 'returns' | 'verify' | 'scan' | 'lost' | 'own' | 'mailbox'
  good: boolean
  fix: Fix | ''
  at: number
  kind: Way['kind'] | ''
  label: string
  titles: string[]
}

/** What is asked of the part that has age. It knows no vault but those it is
 *  given: `core.sealed` asks it. */
export type Sealing = {
  /** Seals a text under a passphrase, and opens what was: bytes in, a file out. */
  seal: Op<{ password: string }, null>
  unseal: Op<{ password: string }, null>

  newKey: Op<None, RecoveryKey>
  /** `mistyped` is about a Slip. */
  checkKey: Op<{ typed: string }, RecoveryKey>

  /** A line of generations begins: this device and a recovery key open it. */
  beginBackup: Op<{ device: string; key: string }, Kept>
  /** Takes the vault, gives the archive. The keys replace those before once it
   *  was stored, read back and verified. */
  makeBackup: Op<{ keys: Keys }, { keys: Keys; generation: number; sum: string }>
  /** Takes what was read back. */
  verifyBackup: Op<{ keys: Keys; sum: string }, None>
  /** Takes an archive, and keeps what it opened. */
  readBackup: Op<{ keys: Keys; version?: boolean }, Generation>
  openBackup: Op<{ typed: string } | { passkey: Prf } | { lent: string }, Generation>
  /** Gives the vault of what was opened, for the core's `merge`. */
  contents: Op<None, null>
  joinBackup: Op<{ device: string }, Kept>
  /** Takes the vault after the merge: the keys follow the generation. */
  followBackup: Op<{ keys: Keys }, Kept>

  ways: Op<{ keys: Keys }, { generation: number; ways: Way[]; paired: Elsewhere[] }>
  addKey: Op<{ keys: Keys; key: string }, Kept>
  addPasskey: Op<{ keys: Keys; label: string; passkey: Prf }, Kept>
  removeWay: Op<{ keys: Keys; id: string }, Kept>
  newPasskey: Op<None, Prf>
  /** Takes an archive. */
  passkeyOf: Op<None, Prf>
  /** Takes the vault: what would come back if this device were lost now? */
  checkUp: Op<Facts, Finding[]>

  /** The restore keys of the personal accounts of what was opened. */
  restoreKeys: Op<None, RestoreKey[]>
  /** The public halves of those of accounts here, in their order. */
  vouch: Op<{ keys: Keys; accounts: Vouched[] }, PublicKey[]>

  /** A move: this device is the new one. Gives the invitation. */
  moveBegin: Op<{ name: string; wants: Wants }, null>
  /** Takes an invitation: this device is the old one. */
  moveMeet: Op<None, { name: string; wants: Wants; digits: string }>
  /** Gives the answer. */
  moveAnswer: Op<{ typed: string }, null>
  /** Takes the answer, once. */
  moveHear: Op<None, None>
  /** Takes the vault, gives what goes of it. */
  moveCopy: Op<None, null>
  /** Gives what opens the backup. */
  moveLend: Op<{ keys: Keys }, null>
  /** Takes either, made smaller; gives the parcel. */
  moveSeal: Op<None, null>
  /** Takes the parcel, gives what was sealed. */
  moveUnseal: Op<None, null>
  /** Takes that at its full size: `contents` gives the vault in it. */
  moveTake: Op<None, Unpacked>
  /** Takes the vault after the merge, gives the message with the receipt. */
  moveReceipt: Op<None, Arrived>
  /** Takes that message. */
  moveReceived: Op<None, Arrived>
  moveEnd: Op<None, None>
}

/** An account of a sign-in service, by its issuer's address. */
export type Vouched = { server: string; subject: string }

/** What shows of an account that its backup was opened on this device. */
export type RestoreKey = Vouched & { key: PublicKey & { d: string } }

/** What the new device asks for: everything, or what opens the backup it has. */
export type Wants = 'accounts' | 'backup'

/** What came to the new device. */
export type Unpacked = { accounts: number; paired: Elsewhere[] }

/** What arrived, counted on the new device. */
export type Arrived = { of: number; arrived: number; beside: number; personal: number; work: number }

export const sealedOps: ReadonlySet<keyof Ops> = new Set<keyof Sealing>([
  'seal',
  'unseal',
  'newKey',
  'checkKey',
  'beginBackup',
  'makeBackup',
  'verifyBackup',
  'readBackup',
  'openBackup',
  'contents',
  'joinBackup',
  'followBackup',
  'ways',
  'addKey',
  'addPasskey',
  'removeWay',
  'newPasskey',
  'passkeyOf',
  'checkUp',
  'restoreKeys',
  'vouch',
  'moveBegin',
  'moveMeet',
  'moveAnswer',
  'moveHear',
  'moveCopy',
  'moveLend',
  'moveSeal',
  'moveUnseal',
  'moveTake',
  'moveReceipt',
  'moveReceived',
  'moveEnd',
])

/** What the client asks by itself. */
export type Own = {
  open: Op<None, number>
}

export type Ops = Questions & Changes & Sealing & Own

/** Why the core has no result. `unavailable` is ours: it could not be loaded. */
export type Code =
  | 'not_open'
  | 'no_file'
  | 'call'
  | 'broken'
  | 'newer'
  | 'unknown'
  | 'counter_back'
  | 'nothing'
  | 'paired'
  | 'no_name'
  | 'secret'
  | 'algorithm'
  | 'digits'
  | 'period'
  | 'counter'
  | 'pin'
  | 'kind'
  | 'not_uri'
  | 'cancelled'
  | 'needs_password'
  | 'password'
  | 'file_unknown'
  | 'file_broken'
  | 'too_large'
  | 'kdf_cost'
  | 'no_export'
  | 'other_batch'
  | 'not_shown'
  | 'no_frame'
  | 'asks'
  | 'mistyped'
  | 'not_sealed'
  | 'truncated'
  | 'corrupted'
  | 'key'
  | 'foreign'
  | 'mixed'
  | 'older'
  | 'branch'
  | 'holders'
  | 'differs'
  | 'other_step'
  | 'typed'
  | 'other_digits'
  | 'step'
  | 'stranger'
  | 'format'
  | 'failed'
  | 'unavailable'

/** How the core says it. `message` is the key of a sentence for people. */
export type Refusal = {
  code: Code
  message?: string
  detail?: string
  /** With `needs_password`: what for, and what opening it takes. */
  hint?: { format: Format; seconds: number; memory: number }
  asks?: Question
  /** With `mistyped` where, with `foreign` what the file says of itself. */
  about?: Slip | Head
}

export class CoreTrouble extends Error {
  readonly why: Refusal
  constructor(why: Refusal, cause?: unknown) {
    super(why.detail ? `${why.code}: ${why.detail}` : why.code, { cause })
    this.name = 'CoreTrouble'
    this.why = why
  }
}
