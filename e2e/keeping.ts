// A phone that has accounts already, and what people do with them.
import type { Page } from '@playwright/test'
import { accounts, seed } from '../bench/app/seed.mjs'
import type { Demo } from './demo.ts'
import { expect } from './fixtures.ts'

/** What a test may say about an account. */
export type Some = { issuer?: string; name?: string; tags?: string[]; pinned?: boolean; note?: string; type?: string; counter?: number; period?: number }

/** Opens the app with these accounts in it. */
export async function withAccounts(page: Page, demo: Demo, some: readonly Some[], settings = {}): Promise<void> {
  const plain = accounts(some.length)
  await page.goto(`${demo.at.app}/licences.txt`)
  await page.evaluate(seed, { entries: some.map((one, i) => ({ ...plain[i], ...one })), settings })
  await page.goto(demo.at.app)
  await expect(page.locator('.account').first()).toBeVisible()
  await expect(page.locator('.note.loose')).toBeVisible() // the app has taken over from the first paint
}

/** The id of the account that stands there among these. */
export function idAt(at: number): string {
  return String(accounts(at + 1)[at]?.['id'])
}

/** Names of the accounts in the order in which they stand. */
export function standing(page: Page) {
  return page.locator('.account .open strong')
}

/** Five accounts by name. */
export const five: Some[] = ['Kumo Mail', 'Gitlane', 'Hinata Bank', 'Tsubame Pay', 'Rail Points'].map((issuer) => ({ issuer, name: 'mei' }))
