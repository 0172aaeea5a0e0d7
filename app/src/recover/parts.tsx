/** What the screens of a recovery have in common. */
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useTitle } from '../shell/frame'
import { Icon } from '../shell/icon'
import { back } from '../shell/router'
import { t } from '../words/words'
import { forgetProblem, problem, working } from './opening'

type Step = 'signin' | 'unlock' | 'accounts'
const order: Step[] = ['signin', 'unlock', 'accounts']

/** A screen of the recovery: how far it is, and what is asked. `from`: a screen
 *  of the same step lies below, else it is left and can be gone on with. */
export function Page({ at, from, children }: { at: Step; from?: string; children: ComponentChildren }) {
  useTitle(t('recover.title'))
  useEffect(() => forgetProblem, [])
  const names: Record<Step, string> = { signin: t('recover.step.signin'), unlock: t('recover.step.unlock'), accounts: t('recover.step.accounts') }
  const now = order.indexOf(at)
  return (
    <div class="app narrow">
      <header class="topbar">
        <button class="icon-btn" type="button" onClick={() => back(from ?? '')}>
          <Icon name={from === undefined ? 'i-close' : 'i-back'} />
          <span class="vh">{from === undefined ? t('app.close') : t('app.back')}</span>
        </button>
        <h1 class="title" tabIndex={-1}>
          {t('recover.title')}
        </h1>
      </header>
      <main id="main" tabIndex={-1}>
        <ol class="steps" aria-label={t('recover.steps')}>
          {order.map((step, i) => (
            <li key={step} class={i < now ? 'done' : ''} aria-current={i === now ? 'step' : undefined}>
              {names[step]}
            </li>
          ))}
        </ol>
        {children}
        <p class="small">
          <a href="#help/moving">{t('help.moving.title')}</a>
        </p>
      </main>
    </div>
  )
}

/** What the last step led to, if it led nowhere, and what leads on: `older` takes
 *  the version before, where that may do. */
export function ProblemNote({ older, children }: { older?: () => void; children?: ComponentChildren }) {
  const why = problem.value
  return (
    <div role="alert">
      {why && (
        <div class="note caution">
          <Icon name="i-warn" look="i-s" />
          <div class="stack gap-2">
            <p>{why.words}</p>
            <p class="row wrap">
              {older && why.older && (
                <button class="btn sm" type="button" aria-disabled={working.value} onClick={older}>
                  {t('recover.unlock.takeolder')}
                </button>
              )}
              {children}
            </p>
          </div>
        </div>
      )}
    </div>
  )
}

type ChoiceProps = { icon: string; title: string; text: string; first?: boolean; busy?: boolean } & ({ to: string } | { act: () => void })

/** A way to go on, large enough to hold. */
export function Choice({ icon, title, text, first, busy, ...leads }: ChoiceProps) {
  const look = first ? 'choice first' : 'choice'
  const inside = (
    <>
      <span class="mark plain">
        <Icon name={icon} />
      </span>
      <strong>{title}</strong>
      <span>{text}</span>
      <Icon name="i-chevron" />
    </>
  )
  if ('to' in leads) {
    return (
      <a class={look} href={`#${leads.to}`}>
        {inside}
      </a>
    )
  }
  return (
    <button class={look} type="button" aria-disabled={busy} onClick={leads.act}>
      {inside}
    </button>
  )
}
