// Opens a backup with the JavaScript library age-encryption, by each holder:
//   node open.mjs DIR < recovery key
// and prints the plaintexts as one JSON list.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Decrypter, webauthn } from 'age-encryption'
import { plugIn } from './passkey.mjs'

plugIn()

const dir = process.argv[2]
const file = (name) => new Uint8Array(readFileSync(join(dir, name)))

async function opened(name, prepare, as = 'text') {
  const d = new Decrypter()
  prepare(d)
  return d.decrypt(file(name), as)
}

const passphrase = readFileSync(0, 'utf8').trim()
const holders = [
  await opened('holder-key.age', (d) => d.addPassphrase(passphrase)),
  await opened('holder-passkey.age', (d) => d.addIdentity(new webauthn.WebAuthnIdentity({ rpId: 'app.example' }))),
  readFileSync(join(dir, 'device'), 'utf8'),
]
const plain = []
for (const holder of holders) {
  const id = await opened('identity.age', (d) => d.addIdentity(holder.trim()))
  plain.push(await opened('backup.age', (d) => d.addIdentity(id.trim())))
}
process.stdout.write(JSON.stringify(plain))
