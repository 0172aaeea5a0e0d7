/** What happens when a text has arrived, from the camera, a picture, a link or
 *  the clipboard: an account is kept, a pairing link and codes of Google
 *  Authenticator go their way, and anything else is said to be what it is. */
import { titleOf } from '../codes/mark'
import { handOver } from '../files/handed'
import type { Refusal } from '../otp/uri'
import { replace } from '../shell/router'
import { toast } from '../shell/toast'
import { guard } from '../shell/trouble'
import { store } from '../store/store'
import { removeEntry, type Entry } from '../store/vault'
import { t } from '../words/words'
import { draftOf, keep, type Draft } from './account'
import { whatIs, type What } from './what'

/** What is said about something that is no account. */
export type Remark = { title: string; text: string }

/** Acts on a text. Answers with what to say if it led nowhere. */
export async function arrive(text: string): Promise<Remark | undefined> {
  const what = whatIs(text)
  if (what.kind === 'pairing') replace(what.route)
  else if (what.kind === 'google-transfer') handOver(text)
  else if (what.kind === 'move') replace('move')
  else if (what.kind === 'account') await keepAndShow(draftOf(what.said))
  else return remarkOn(what)
  return undefined
}

/** Keeps an account and shows its first code: the site wants to see it. One
 *  without any name is named first. True if it is kept. */
export async function keepAndShow(draft: Draft): Promise<boolean> {
  if (!draft.issuer && !draft.name) {
    unnamed = draft
    replace('add/manual')
    return true
  }
  let kept: { entry: Entry; already: boolean } | undefined
  if (!(await guard(async () => void (kept = await keep(draft)))) || !kept) return false
  const { entry, already } = kept
  replace(`account/${entry.id}`)
  if (already) toast(t('app.add.already', { name: titleOf(entry) }))
  else toast(t('app.add.added', { name: titleOf(entry) }), { label: t('app.undo'), act: () => void takeBack(entry) })
  return true
}

let unnamed: Draft | undefined

/** The account that came without a name, once. */
export function takeUnnamed(): Draft | undefined {
  const draft = unnamed
  unnamed = undefined
  return draft
}

async function takeBack(entry: Entry): Promise<void> {
  await guard(() => store.change((before) => removeEntry(before, entry.id)))
}

/** What to say about something that is no account. */
export function remarkOn(what: Exclude<What, { kind: 'account' | 'pairing' | 'google-transfer' | 'move' }>): Remark {
  switch (what.kind) {
    case 'refused':
      return refused(what.why)
    case 'microsoft':
      return { title: t('app.what.microsoft.title'), text: t('app.what.microsoft.text') }
    case 'web':
      return { title: t('app.what.web.title', { host: what.host }), text: t('app.what.look') }
    case 'app':
      return { title: t('app.what.app.title', { scheme: what.scheme }), text: t('app.what.look') }
    case 'passkey':
      return { title: t('app.what.passkey.title'), text: t('app.what.passkey.text') }
  }
  return { title: plainTitle(what.kind), text: t('app.what.look') }
}

type PlainKind = 'wifi' | 'contact' | 'mail' | 'phone' | 'message' | 'place' | 'event' | 'money' | 'ticket' | 'text'

function plainTitle(kind: PlainKind): string {
  switch (kind) {
    case 'wifi':
      return t('app.what.wifi')
    case 'contact':
      return t('app.what.contact')
    case 'mail':
      return t('app.what.mail')
    case 'phone':
      return t('app.what.phone')
    case 'message':
      return t('app.what.message')
    case 'place':
      return t('app.what.place')
    case 'event':
      return t('app.what.event')
    case 'money':
      return t('app.what.money')
    case 'ticket':
      return t('app.what.ticket')
    case 'text':
      return t('app.what.text')
  }
}

function refused(why: Refusal): Remark {
  return { title: t('app.refused.title'), text: refusedText(why) }
}

function refusedText(why: Refusal): string {
  switch (why) {
    case 'kind':
      return t('app.refused.kind')
    case 'secret':
      return t('app.refused.secret')
    case 'algorithm':
      return t('app.refused.algorithm')
    case 'digits':
      return t('app.refused.digits')
    case 'period':
      return t('app.refused.period')
    case 'counter':
      return t('app.refused.counter')
    case 'pin':
      return t('app.refused.pin')
    case 'not_uri':
      return t('app.refused.not_uri')
  }
}
