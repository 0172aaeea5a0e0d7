// Aoba Notes: a single-page application that signs people in by the code flow
// with PKCE (RFC 7636), as RFC 9700 asks of applications without a secret.
// Tokens stay in this page's memory and end with it.

const page = document.getElementById('notes')
const { issuer, client, scope, api } = page.dataset
const redirect = location.origin + '/'
const part = (id) => document.getElementById(id)

/** What the service says about itself. */
let service
/** The tokens in use, or null for nobody. */
let tokens = null

async function discover() {
  const answer = await fetch(issuer + '/.well-known/openid-configuration')
  const found = await answer.json()
  if (found.issuer !== issuer) throw new Error('issuer is ' + found.issuer)
  return found
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))
const sha256 = async (text) => new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))

/** Leaves for the service; what is needed to take its answer waits in this tab. */
async function signIn() {
  const trip = { state: random(), nonce: random(), verifier: random() }
  sessionStorage.setItem('trip', JSON.stringify(trip))
  location.assign(
    service.authorization_endpoint + '?' + new URLSearchParams({
      response_type: 'code', client_id: client, redirect_uri: redirect, scope, state: trip.state, nonce: trip.nonce,
      code_challenge: base64url(await sha256(trip.verifier)), code_challenge_method: 'S256',
      ui_locales: document.documentElement.lang,
    }),
  )
}

/** Takes the answer in the address, if there is one, and takes it out of the address. */
async function comeBack() {
  const answer = new URLSearchParams(location.search)
  if (!answer.has('code') && !answer.has('error')) return
  history.replaceState(null, '', '/')
  const trip = JSON.parse(sessionStorage.getItem('trip') ?? 'null')
  sessionStorage.removeItem('trip')
  if (trip === null || answer.get('state') !== trip.state || answer.get('iss') !== issuer)
    throw new Error('the answer does not belong to a sign-in that began here')
  if (answer.has('error')) throw new Error([answer.get('error'), answer.get('error_description')].filter(Boolean).join(': '))
  await take({ grant_type: 'authorization_code', code: answer.get('code'), redirect_uri: redirect, code_verifier: trip.verifier })
  if (claims(tokens.id_token).nonce !== trip.nonce) throw new Error('the ID token is not for this sign-in')
}

/** Asks for tokens. They come over a connection to the service itself, which
 *  may stand in for checking the ID token's signature (OpenID Connect Core §3.1.3.7). */
async function take(form) {
  const answer = await fetch(service.token_endpoint, { method: 'POST', body: new URLSearchParams({ ...form, client_id: client }) })
  const body = await answer.json()
  if (!answer.ok) {
    tokens = null
    throw new Error([body.error, body.error_description].filter(Boolean).join(': '))
  }
  tokens = { ...tokens, ...body, until: Date.now() + body.expires_in * 1000 }
  const { iss, aud } = claims(tokens.id_token)
  if (iss !== issuer || aud !== client) throw new Error('the ID token is not for this application')
}

function claims(token) {
  const bytes = Uint8Array.from(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

const refresh = () => take({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })

/** Calls the API; a token about to expire is replaced first. */
async function load() {
  if (tokens.until < Date.now() + 10_000) await refresh()
  const answer = await fetch(api + '/notes', {
    headers: { Authorization: 'Bearer ' + tokens.access_token, 'Accept-Language': document.documentElement.lang },
  })
  if (!answer.ok) throw new Error('API: ' + answer.status)
  const { notes } = await answer.json()
  part('list').replaceChildren(...notes.map((text) => Object.assign(document.createElement('li'), { textContent: text })))
}

function signOut() {
  const hint = tokens.id_token
  tokens = null
  location.assign(service.end_session_endpoint + '?' + new URLSearchParams({ id_token_hint: hint, post_logout_redirect_uri: redirect }))
}

/** Shows the page as things are. */
function show() {
  part('in').hidden = tokens === null
  part('out').hidden = tokens !== null
  if (tokens === null) return
  const { name, sub } = claims(tokens.id_token)
  part('who').textContent = name ?? sub
  part('until').textContent = new Date(tokens.until).toLocaleTimeString(document.documentElement.lang)
}

/** Does something and shows what came of it, also when it failed. */
async function attempt(work) {
  part('trouble').hidden = true
  try {
    service ??= await discover()
    await work()
  } catch (error) {
    part('reason').textContent = error.message
    part('trouble').hidden = false
  }
  show()
}

part('signin').addEventListener('click', () => attempt(signIn))
part('reload').addEventListener('click', () => attempt(load))
part('refresh').addEventListener('click', () => attempt(refresh))
part('signout').addEventListener('click', () => attempt(signOut))

await attempt(async () => {
  await comeBack()
  if (tokens !== null) await load()
})
