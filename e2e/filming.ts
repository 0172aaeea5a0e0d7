// Two phones, each with its camera held to the other's screen.
import type { Locator, Page } from '@playwright/test'
import { expect, type Phone } from './fixtures.ts'

/** Holds a phone's scanner to moving codes until what is to come has come. A few
 *  pictures more than blocks are enough, but for one time in a hundred. */
export async function watch(phone: Phone, codes: Locator, pictures: number, scan: string, back: string, come: Locator): Promise<void> {
  await expect(async () => {
    await phone.seesMoving(codes, pictures)
    await phone.page.getByRole('button', { name: scan }).click()
    const came = await come.waitFor({ timeout: 15_000 }).then(() => true, () => false)
    if (!came) await phone.page.getByRole('button', { name: back, exact: true }).click()
    expect(came).toBe(true)
  }).toPass()
}

/** The digits that are to be typed on the other device. */
export async function digitsOn(page: Page): Promise<string> {
  return (await page.locator('.digits-card .vh').innerText()).replace(/\D/g, '')
}
