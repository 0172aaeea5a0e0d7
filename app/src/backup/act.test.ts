import { expect, test } from 'vitest'
import { Trouble } from '../remote/trouble'
import { act, busy, forgetTrouble, lookUp, trouble } from './act'

test('whatever screens look up comes, one after the other; a second touch does nothing', async () => {
  const order: number[] = []
  const later = (n: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve))
    return order.push(n)
  }
  const did = act(later(1))
  const second = act(later(2))
  const [one, two] = [lookUp(later(3)), lookUp(later(4))]
  expect(busy.value).toBe(true)
  expect(await Promise.all([did, second, one, two])).toEqual([1, undefined, 2, 3])
  expect(order).toEqual([1, 3, 4])
  expect(busy.value).toBe(false)
})

test('what went wrong is said until another thing is done', async () => {
  const fails = () => Promise.reject(new Trouble({ why: 'offline' }))
  expect(await act(fails)).toBeUndefined()
  expect(trouble.value).not.toBe('')
  await lookUp(async () => 1)
  expect(trouble.value).not.toBe('')
  await act(async () => 1)
  expect(trouble.value).toBe('')
  await lookUp(fails)
  expect(trouble.value).not.toBe('')
  forgetTrouble()
  expect(trouble.value).toBe('')
})
