/** What the app knows of approvals: the model in a signal, and the one way to
 *  change it. What the model wishes is carried out in `approve.ts`. */
import { computed, signal } from '@preact/signals'
import { empty, update, type Effect, type Message, type Model, type Waiting } from './model'

const state = signal<Model>(empty)
let carryOut: (wishes: Effect[]) => void = () => undefined

/** The whole model, for the sheet. */
export const approval = computed(() => state.value)

/** The requests that wait for an answer, oldest first, of all accounts. */
export const pending = computed<readonly Waiting[]>(() => state.value.waiting)

/** True while a request is on the screen: nothing may pull the page away. */
export const deciding = computed(() => state.value.sheet !== undefined)

/** The time as the sheet counts it down. */
export const now = signal(Date.now())

/** Takes one message through the model. */
export function dispatch(message: Message): void {
  const [next, wishes] = update(state.value, message)
  state.value = next
  carryOut(wishes)
}

/** Who carries out the wishes. */
export function onWishes(perform: (wishes: Effect[]) => void): void {
  carryOut = perform
}
