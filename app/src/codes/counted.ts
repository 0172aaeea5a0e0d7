/** Codes by counter that were made since the app was opened, by entry id. A code
 *  that was shown once may be used up, so it is not kept beyond that. */
export const counted: Map<string, string> = new Map()
