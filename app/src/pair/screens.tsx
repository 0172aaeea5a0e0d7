/** The screens of pairing, by address: a link that was opened or scanned, a
 *  code that is typed, the wait for the other screen, and what went wrong. */
// oxlint-disable-next-line import/no-unassigned-import -- the style sheet of this part
import './pair.css'
import { useState } from 'preact/hooks'
import { replace, type Route } from '../shell/router'
import { CodeForm } from './codeform'
import { Confirm } from './confirm'
import { Failed } from './failed'
import { readPairQuery, type Offer } from './link'
import { step } from './pairing'
import { Tab } from './tab'
import { Waiting } from './waiting'
import { fromOutside, installed } from './where'

/** Draws `#pair…`. */
export function PairScreens({ route }: { route: Route }) {
  const [, word, registration] = route.path
  if (word === 'code') return <CodeForm />
  if (word === 'wait' && registration) return <Waiting registration={registration} key={registration} />
  const offer = readPairQuery(route.query)
  if (offer) return <Arrival offer={offer} key={route.query.get('o')} />
  return <UnderWay />
}

/** An offer is here. In a mere tab the app may be elsewhere on this phone. */
function Arrival({ offer }: { offer: Offer }) {
  const [here, setHere] = useState(installed() || !fromOutside())
  return here ? <Confirm offer={offer} /> : <Tab stay={() => setHere(true)} />
}

/** What is being added, or why it was not. */
function UnderWay() {
  const now = step.value
  if (now?.at === 'failed') return <Failed offer={now.offer} failure={now.failure} />
  if (now?.at === 'added') {
    queueMicrotask(() => replace(`pair/wait/${now.registration}`))
    return null
  }
  if (now?.at === 'adding') return <Confirm offer={now.offer} busy />
  return <Failed failure={{ why: 'link' }} />
}
