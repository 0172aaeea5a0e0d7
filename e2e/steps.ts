// What people do, step by step, so that a journey reads like one.
import { expect, type Phone } from './fixtures.ts'
import type { Addresses } from './demo.ts'
import type { Say } from './words.ts'
import type { Locator, Page } from '@playwright/test'

/** Where everything is. */
interface Place {
  readonly at: Addresses
}

/** The person that most journeys are about: works at Aoba Works, which asks for a second proof. */
export const mei = { login: 'tanaka@aoba.example', name: 'Mei Tanaka' }

/** Types name and password into the sign-in pages, wherever they were asked for. */
export async function giveNameAndPassword(page: Page, demo: Place, say: Say, login = mei.login): Promise<void> {
  await giveName(page, say, login)
  await givePassword(page, demo, say)
}

export async function giveName(page: Page, say: Say, login = mei.login): Promise<void> {
  await page.getByLabel(say('signin.name.label')).fill(login)
  await page.getByRole('button', { name: say('signin.name.next') }).click()
}

export async function givePassword(page: Page, demo: Place, say: Say): Promise<void> {
  await page.getByLabel(say('signin.password.name'), { exact: true }).fill(demo.at.password)
  await page.getByRole('button', { name: say('signin.password.go') }).click()
}

/** The number on the plate of a page. */
export async function readNumber(page: Page): Promise<string> {
  const spoken = page.locator('.number-plate .code .vh')
  await expect(spoken).toHaveText(/\d/)
  return (await spoken.innerText()).replace(/\D/g, '')
}

/** A number of as many digits that is not this one. */
export function anotherNumber(number: string): string {
  return String((Number(number) + 7) % 10 ** number.length).padStart(number.length, '0')
}

/** Waits for the sheet on the phone and taps a number on its pad. */
export async function typeNumber(phone: Pick<Phone, 'page'>, say: Say, number: string): Promise<void> {
  const pad = phone.page.getByRole('group', { name: say('app.approve.pad') })
  for (const digit of number) await pad.getByRole('button', { name: digit, exact: true }).click()
  await phone.page.getByRole('button', { name: say('app.approve.yes'), exact: true }).click()
}

/** The code that the list of accounts shows for the only account. */
export async function readCode(phone: Phone): Promise<string> {
  return codeOn(phone.page.locator('.account .copy').first())
}

/** The six digits that the name of a row's button ends with, for those who listen. */
export async function codeOn(button: Locator): Promise<string> {
  await expect(button).toHaveAccessibleName(codeHeard)
  return ((await button.getAttribute('aria-label')) ?? '').replace(/\D/g, '').slice(-6)
}

/** How the name of a button ends that copies a code. */
export const codeHeard = /(\d ){5}\d$/

/** Cuts the phone off, once it keeps the app for that: its worker has all the files by then. */
export async function loseNetwork(phone: Phone): Promise<void> {
  await phone.page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  await phone.context.setOffline(true)
}

/** Types a one-time code into the sign-in page that asks for it. */
export async function giveCode(page: Page, say: Say, code: string): Promise<void> {
  await page.getByLabel(say('signin.code.name')).fill(code)
  await page.getByRole('button', { name: say('signin.password.go') }).click()
}

/** Scans the QR code that a page on the computer shows, and confirms whose server it is. */
export async function scan(phone: Phone, computer: Page, demo: Place, say: Say): Promise<void> {
  await phone.seesScreen(computer.locator('.qr'))
  await phone.page.goto(`${demo.at.app}/#add`)
  await expect(phone.page.locator('.host-card')).toContainText(new URL(demo.at.id).host)
  await phone.page.getByRole('button', { name: say('app.pair.confirm.yes') }).click()
}

/** On the pairing page: "is it yours" and the test approval. The page must show its QR code. */
export async function pair(phone: Phone, computer: Page, demo: Place, say: Say): Promise<void> {
  await scan(phone, computer, demo, say)
  await computer.getByRole('button', { name: say('security.taken.yes') }).click()
  await typeNumber(phone, say, await readNumber(computer))
  await expect(phone.page.getByText(say('app.pair.ready.title'))).toBeVisible()
  await phone.page.getByRole('button', { name: say('app.pair.ready.done') }).click()
}

/** Signs in to Aoba Expenses for the first time, which pairs the phone, and allows it. */
export async function firstSignIn(phone: Phone, computer: Page, demo: Place, say: Say, login = mei.login): Promise<void> {
  await computer.goto(demo.at.expenses)
  await computer.getByRole('link', { name: say('demo.expenses.signin') }).click()
  await giveNameAndPassword(computer, demo, say, login)
  await computer.getByRole('button', { name: say('security.start.go') }).click()
  await pair(phone, computer, demo, say)
  await allow(computer, say)
  await expect(computer).toHaveURL(`${demo.at.expenses}/`)
}

/** Signs in to Security info for the first time, which pairs the phone. */
export async function firstLook(phone: Phone, computer: Page, demo: Place, say: Say, login = mei.login): Promise<void> {
  await computer.goto(`${demo.at.id}/signin?to=/security`)
  await giveNameAndPassword(computer, demo, say, login)
  await computer.getByRole('button', { name: say('security.start.go') }).click()
  await pair(phone, computer, demo, say)
  await expect(computer).toHaveURL(`${demo.at.id}/security`)
}

/** On the page for a new account: a name and a password of one's own. */
export async function makeAccount(page: Page, say: Say, name: string, password = 'three words of mine'): Promise<void> {
  await page.getByLabel(say('signin.register.name')).fill(name)
  await page.getByLabel(say('signin.password.name'), { exact: true }).fill(password)
  await page.getByRole('button', { name: say('signin.register.go') }).click()
}

/** The code in the newest letter to an address, of those with this subject. */
export async function mailedCode(page: Page, demo: Place, address: string, subject = ''): Promise<string> {
  const letter = page.locator('.letters a').filter({ hasText: address }).filter({ hasText: subject }).first()
  await expect(async () => {
    await page.goto(demo.at.inbox)
    await expect(letter).toBeVisible({ timeout: 500 })
  }).toPass()
  await letter.click()
  return /\b\d{6}\b/.exec(await page.locator('main').innerText())?.[0] ?? ''
}

/** Allows an application that asks. */
export async function allow(page: Page, say: Say): Promise<void> {
  await page.getByRole('button', { name: say('oauth.consent.yes'), exact: true }).click()
}
