/** When this device last approved a sign-in, of each registration: a paper, for the
 *  eyes of whoever wonders. What other devices approved it does not know. */
import { signal } from '@preact/signals'
import { paired } from '../remote/registrations'
import { papers } from '../store/papers'

type Times = Readonly<Record<string, number>>

const times = signal<Times>({})

/** Milliseconds since 1970; nothing if this device approved none. */
export function lastApproved(registration: string): number | undefined {
  return times.value[registration]
}

/** Keeps that a sign-in was approved just now. Registrations that are gone go. */
export async function noteApproved(registration: string, at = Date.now()): Promise<void> {
  await papers.change<Times>('approved', (before = {}) => {
    const here = paired().map(({ server }) => server.registration)
    return Object.fromEntries(Object.entries({ ...before, [registration]: at }).filter(([of]) => here.includes(of)))
  })
}

/** Knows what is kept, and hears of more in whatever tab. */
export function followApproved(): void {
  const read = async () => {
    times.value = (await papers.read<Times>('approved')) ?? {}
  }
  papers.follow((name) => void (name === 'approved' && read().catch(() => undefined)))
  void read().catch(() => undefined)
}
