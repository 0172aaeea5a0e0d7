import { expect, test } from 'vitest'
import { exampleEntry } from '../../build/examples'
import { bytesOf, Carried, readVault, remember, vaultOf } from './text'
import { emptyVault, type Vault } from './vault'

const core = '{"version":1,"records":{"a":{"more":[["1.0.d",{"core":{"x":"\\",\\"core\\":{"}}]]}}}'
const faces = (vault: Vault) => ({ ...vault, core: undefined })
const textOf = (vault: Vault) => new TextDecoder().decode(bytesOf(vault))

const vault = { ...emptyVault(), entries: [exampleEntry({ id: 'a', note: '","core":{"' })], core: new Carried(core) }

test("the core's half is carried as it stands, and faces read the other", () => {
  const read = readVault(textOf(vault))
  expect(faces(read)).toEqual(faces(vault))
  expect(read.core?.text).toBe(core)
  expect(JSON.parse(textOf(read))).toEqual({ ...JSON.parse(JSON.stringify(faces(vault))), core: JSON.parse(core) })
})

test('a vault that the core has not seen has no such half', () => {
  const plain = { ...emptyVault(), entries: [exampleEntry({ id: 'a' })] }
  expect(readVault(textOf(plain))).toEqual(plain)
  expect('core' in readVault(textOf(plain))).toBe(false)
})

test('what stands in another order, or is called core elsewhere, is read all the same', () => {
  const { lineage } = vault
  const server = `{"x":1,"core":{"y":2}}`
  const others = [
    `{"core":${core},"version":1,"lineage":"${lineage}","entries":[],"settings":{}}`,
    `{"version":1,"core":${core},"lineage":"${lineage}","entries":[],"settings":{}}`,
    `{"version":1,"lineage":"${lineage}","entries":[],"settings":{},"core":${core},"later":[{}]}`,
    `{"version":1,"lineage":"${lineage}","entries":[{"id":"a","server":${server}}],"settings":{},"core":${core}}`,
    `{"version":1,"lineage":"${lineage}","entries":[{"id":"a","server":${server}}],"settings":{}}`,
  ]
  for (const text of others) expect(JSON.parse(textOf(readVault(text)))).toEqual(JSON.parse(text))
})

test('what is no vault is refused', () => {
  for (const text of ['', '{', `{"entries":[],"settings":{},"core":`, '{"version":1}}']) expect(() => readVault(text)).toThrow(SyntaxError)
})

test('bytes that came from the core are what is kept, and are handed out as copies', () => {
  const bytes = bytesOf(vault)
  const came = vaultOf(bytes)
  expect(bytesOf(came)).toEqual(bytes)
  expect(bytesOf(came).buffer).not.toBe(bytes.buffer)
  const changed = remember({ ...came, core: new Carried(undefined, bytes) }, bytes)
  expect(textOf({ ...changed, entries: [] })).toBe(textOf({ ...vault, entries: [] })) // a face went on from there
})
