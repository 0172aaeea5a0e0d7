/** The screens of a move come when they are wanted. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'

type Screens = typeof import('./screens')

export function useScreens(): Screens | undefined {
  const screens = useSignal<Screens | undefined>(undefined)
  useEffect(() => void import('./screens').then((come) => (screens.value = come)), [])
  return screens.value
}
