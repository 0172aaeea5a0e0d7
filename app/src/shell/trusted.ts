/** The pages run with Trusted Types: nothing but this may turn text into an
 *  address that is run as script, and only for our own files. */

const policy = globalThis.trustedTypes?.createPolicy('countersign', {
  createScriptURL(address: string) {
    if (new URL(address, location.href).origin !== location.origin) throw new TypeError('not our script')
    return address
  },
})

/** The address of one of our own scripts, for a worker or a service worker. */
export function scriptURL(address: string): string {
  // The DOM's types know only strings; the policy's answer is what the browser wants.
  return policy ? (policy.createScriptURL(address) as unknown as string) : address
}

declare global {
  var trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined
  type Policy = { createScriptURL(address: string): unknown }
}
