import { expect, test } from 'vitest'
import { whatIs } from './what'

const kinds: [string, string][] = [
  ['otpauth://totp/Example:mei?secret=GEZDGNBVGY3TQOJQ', 'account'],
  ['steam://GEZDGNBVGY3TQOJQ', 'account'],
  ['otpauth://totp/mei?secret=', 'refused'],
  ['motp://a:b?secret=abc', 'refused'],
  ['motp://a:b?secret=abcd&pin=1', 'account'],
  ['otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8SGEV4YW1wbGU', 'google-transfer'],
  ['CSM1:6F+R2Q', 'move'],
  ['phonefactor://activate_account?code=123456789&url=https%3A%2F%2Fexample', 'microsoft'],
  ['https://app.aoba.example/#pair?i=https%3A%2F%2Fid.aoba.example&o=OFFER&s=SECRET', 'pairing'],
  ['http://app.localhost:8080/#pair?i=http%3A%2F%2Flocalhost%3A8080&o=OFFER&s=SECRET', 'pairing'],
  ['https://app.aoba.example/#pair?i=https%3A%2F%2Fid.aoba.example', 'web'],
  ['https://kumo.example/menu', 'web'],
  ['WIFI:S:Kumo;T:WPA;P:secret;;', 'wifi'],
  ['BEGIN:VCARD\nVERSION:3.0\nN:Tanaka;Mei\nEND:VCARD', 'contact'],
  ['MECARD:N:Tanaka,Mei;TEL:0901234;;', 'contact'],
  ['mailto:mei@kumo.example', 'mail'],
  ['tel:+81901234', 'phone'],
  ['smsto:+81901234:hello', 'message'],
  ['geo:35.68,139.76', 'place'],
  ['BEGIN:VEVENT\nSUMMARY:Lunch\nEND:VEVENT', 'event'],
  ['FIDO:/13086400838107303667332719012595115747821895775708323189557153075146383351399743589971313508078026948312026786722471666005727649643501784024544726574771401798171307406596245', 'passkey'],
  ['bitcoin:1BoatSLRHtKNngkdXEeobR76b53LETtpyT', 'money'],
  ['weixin://wxpay/bizpayurl?pr=abc', 'app'],
  ['4901234567894', 'text'],
  ['see you at 12:30', 'text'],
  ['https://', 'text'],
]

test.each(kinds)('%s is said to be: %s', (text, kind) => {
  expect(whatIs(text).kind).toBe(kind)
})

test('a pairing link gives its part behind "#", secrets and all, to nobody but the app', () => {
  const what = whatIs(' https://app.aoba.example/#pair?i=https%3A%2F%2Fid.aoba.example&o=1&s=2\n')
  expect(what).toEqual({ kind: 'pairing', route: 'pair?i=https%3A%2F%2Fid.aoba.example&o=1&s=2' })
})

test('a web page is known by its host', () => {
  expect(whatIs('https://kumo.example:8443/a?b')).toEqual({ kind: 'web', host: 'kumo.example:8443' })
})
