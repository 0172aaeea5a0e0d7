/** An otpauth link that was opened rather than scanned: `#link?uri=otpauth://…`.
 *  Any page can make one, so the person is asked first. */
import { useEffect } from 'preact/hooks'
import { drawMark, titleOf } from '../codes/mark'
import { handOver } from '../files/handed'
import type { Said } from '../otp/uri'
import { Frame } from '../shell/frame'
import { draw } from '../shell/h'
import { Icon } from '../shell/icon'
import { replace } from '../shell/router'
import { t } from '../words/words'
import { draftOf } from './account'
import { keepAndShow, remarkOn, type Remark } from './arrive'
import { whatIs } from './what'

export function LinkScreen({ uri }: { uri: string }) {
  const what = whatIs(uri)
  useEffect(() => {
    if (what.kind === 'pairing') replace(what.route)
    if (what.kind === 'google-transfer') handOver(uri)
    if (what.kind === 'move') replace('move')
  })
  if (what.kind === 'pairing' || what.kind === 'google-transfer' || what.kind === 'move') return null
  return (
    <Frame title={t('app.link.title')} from="">
      {what.kind === 'account' ? <Question said={what.said} /> : <NoAccount remark={remarkOn(what)} />}
    </Frame>
  )
}

function Question({ said }: { said: Said }) {
  const { issuer, name } = said
  return (
    <>
      <section class="card stack center">
        {drawMark(draw, { kind: 'other', issuer, name }, 'lg')}
        <h2 class="title">{titleOf({ issuer, name }) || t('app.link.unnamed')}</h2>
        <p class="small">{issuer && name}</p>
        <p>{t('app.link.text')}</p>
      </section>
      <div class="btns">
        <button class="btn" type="button" onClick={() => replace('')}>
          {t('app.cancel')}
        </button>
        <button class="btn primary" type="button" onClick={() => void keepAndShow(draftOf(said))}>
          {t('app.add')}
        </button>
      </div>
    </>
  )
}

function NoAccount({ remark }: { remark: Remark }) {
  return (
    <>
      <p class="note caution" role="alert">
        <Icon name="i-warn" look="i-s" />
        <span>
          <strong>{remark.title}</strong>
          {remark.text}
        </span>
      </p>
      <a class="btn self-start" href="#add">
        <Icon name="i-scan" look="i-s" />
        {t('app.scan.title')}
      </a>
    </>
  )
}
