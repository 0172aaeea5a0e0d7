/** One tab at a time, where the browser can say so. Who writes versions or the
 *  key ring asks here; what must hold without it is held by the transactions. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? await navigator.locks.request('countersign/vault', work) : await work()
}
