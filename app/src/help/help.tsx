/** Pages of help, the same as on the server: `ui/help.json` has their order, the
 *  words are messages. They come with the app, so they are there offline too. */
import plan from '../../../ui/help.json'
import { Frame } from '../shell/frame'
import { Icon } from '../shell/icon'
import { t, type Key } from '../words/words'

/** A message by a key that was put together. */
function say(key: string): string {
  return (t as (key: Key) => string)(key as Key)
}

/** The steps of a section: a message that is not there is said by its key. */
function stepsOf(at: string): string[] {
  const steps: string[] = []
  for (let n = 1; say(`${at}.${n}`) !== `${at}.${n}`; n++) steps.push(say(`${at}.${n}`))
  return steps
}

export function HelpScreen({ name }: { name: string | undefined }) {
  const page = plan.find((one) => one.page === name)
  if (!page) return <Pages />
  const at = `help.${page.page}`
  return (
    <Frame title={say(`${at}.title`)} from="help">
      <p class="lead">{say(`${at}.lead`)}</p>
      {page.sections.map((section) => (
        <Section key={section} at={`${at}.${section}`} />
      ))}
    </Frame>
  )
}

function Section({ at }: { at: string }) {
  const steps = stepsOf(at)
  return (
    <section class="card stack">
      <h2 class="title">{say(at)}</h2>
      {steps.length === 1 ? (
        <p>{steps[0]}</p>
      ) : (
        <ol class="numbered">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      )}
    </section>
  )
}

function Pages() {
  return (
    <Frame title={t('help.title')} from="menu">
      <p class="lead">{t('help.lead')}</p>
      <div class="group">
        {plan.map(({ page }) => (
          <a class="line" href={`#help/${page}`} key={page}>
            <Icon name="i-help" />
            <span class="what">
              <strong>{say(`help.${page}.title`)}</strong>
              <span>{say(`help.${page}.lead`)}</span>
            </span>
            <Icon name="i-chevron" />
          </a>
        ))}
      </div>
    </Frame>
  )
}
