/** Runs in a page of the app's origin: from then on the app has these accounts. */
export function seed(vault: { entries: readonly object[]; settings?: object }): Promise<void>

/** n accounts of other sites, a few of them unusual. */
export function accounts(n: number): Record<string, unknown>[]
