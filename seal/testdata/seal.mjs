// Writes a backup with the JavaScript library age-encryption:
//   node seal.mjs DIR RECOVERY-KEY < plaintext
// The identity of the vault is in DIR/id, and so will be the three files.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Encrypter, generateHybridIdentity, identityToRecipient, webauthn } from 'age-encryption'
import { plugIn } from './passkey.mjs'

plugIn()

const [, , dir, passphrase] = process.argv
const vault = readFileSync(join(dir, 'id'), 'utf8').trim()

async function sealed(name, plain, prepare) {
  const e = new Encrypter()
  prepare(e)
  writeFileSync(join(dir, name), await e.encrypt(plain))
}

const byKey = await generateHybridIdentity()
const byPasskey = await generateHybridIdentity()
await sealed('holder-key.age', `${byKey}\n`, (e) => {
  e.setPassphrase(passphrase)
  e.setScryptWorkFactor(10)
})
await sealed('holder-passkey.age', `${byPasskey}\n`, (e) => e.addRecipient(new webauthn.WebAuthnRecipient({ rpId: 'app.example' })))
const to = await Promise.all([byKey, byPasskey].map((id) => identityToRecipient(id)))
await sealed('identity.age', `${vault}\n`, (e) => to.forEach((r) => e.addRecipient(r)))
const own = await identityToRecipient(vault)
await sealed('backup.age', new Uint8Array(readFileSync(0)), (e) => e.addRecipient(own))
