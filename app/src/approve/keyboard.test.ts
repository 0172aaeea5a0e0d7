import { expect, test } from 'vitest'
import { keyMeaning } from './keyboard'

const press = (key: string, code = '') => ({ key, code })

test('digits type, Backspace erases', () => {
  expect(keyMeaning(press('7', 'Digit7'), false)).toEqual({ is: 'digit', digit: '7' })
  expect(keyMeaning(press('7', 'Numpad7'), false)).toEqual({ is: 'digit', digit: '7' })
  expect(keyMeaning(press('Backspace'), true)).toEqual({ is: 'erased' })
})

test('a Japanese keyboard in full width, or composing, types digits too', () => {
  expect(keyMeaning(press('７', 'Digit7'), false)).toEqual({ is: 'digit', digit: '7' })
  expect(keyMeaning(press('Process', 'Digit7'), false)).toEqual({ is: 'digit', digit: '7' })
})

test('Enter says Yes, but only to a complete number', () => {
  expect(keyMeaning(press('Enter'), true)).toEqual({ is: 'yes' })
  expect(keyMeaning(press('Enter'), false)).toBeUndefined()
})

test('Escape never answers, nor does any other key', () => {
  for (const key of ['Escape', 'Delete', 'y', 'n', ' ', 'Tab', 'F7', '٧']) {
    expect(keyMeaning(press(key), true)).toBeUndefined()
  }
})
