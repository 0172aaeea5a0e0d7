/** Accounts whose codes show although codes are hidden, by entry id: those that
 *  were touched in the last moments. */
export const revealed: Set<string> = new Set()
