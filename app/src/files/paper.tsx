/** A page to print: everything that brings an account back, on A4 or Letter. */
import { titleOf } from '../codes/mark'
import type { Link } from '../core/core'
import { Icon } from '../shell/icon'
import { language, t } from '../words/words'
import { StepTitle } from './parts'
import { QR } from './qr'
import { inFours, recipeOf } from './slips'

export function Paper({ links }: { links: Link[] }) {
  return (
    <section class="paper stack">
      <div class="stack gap-2">
        <StepTitle>{t('files.paper.title')}</StepTitle>
        <p class="small">{t('files.paper.lead')}</p>
        <p class="tiny">{t('files.paper.made', { when: new Date().toLocaleDateString(language(), { dateStyle: 'long' }), n: links.length })}</p>
      </div>
      <button class="btn primary self-start unprinted" type="button" onClick={() => print()}>
        <Icon name="i-log" look="i-s" />
        {t('files.paper.print')}
      </button>
      <ul class="slips">
        {links.map((link, i) => (
          <Slip key={i} link={link} />
        ))}
      </ul>
    </section>
  )
}

function Slip({ link }: { link: Link }) {
  const title = titleOf(link)
  return (
    <li class="slip">
      {link.picture && <QR picture={link.picture} label={t('files.paper.code', { name: title })} />}
      <div>
        <h3>{title}</h3>
        {link.issuer && link.name && <p>{link.name}</p>}
        <p class="tiny">{t('files.paper.key')}</p>
        <p class="mono">{inFours(link.key)}</p>
        {link.pin && (
          <p class="tiny">
            {t('files.paper.pin')} <span class="mono">{link.pin}</span>
          </p>
        )}
        <p class="tiny">{recipeOf(link.uri)}</p>
        {!link.picture && <p class="tiny">{t('files.paper.long')}</p>}
      </div>
    </li>
  )
}
