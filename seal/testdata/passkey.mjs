// A passkey for Node: its secret function is HMAC-SHA-256, as a security key's
// is. The library asks for it as it asks a browser.
import { createHmac } from 'node:crypto'

const evaluate = (input) => new Uint8Array(createHmac('sha256', 'the passkey of these tests').update(input).digest()).buffer

export function plugIn() {
  Object.defineProperty(globalThis, 'navigator', {
    value: {
      credentials: {
        get({ publicKey }) {
          if (publicKey.userVerification !== 'required') throw new Error('user verification was not asked for')
          const { first, second } = publicKey.extensions.prf.eval
          const results = { first: evaluate(first), second: evaluate(second) }
          return Promise.resolve({ getClientExtensionResults: () => ({ prf: { results } }) })
        },
      },
    },
  })
}
