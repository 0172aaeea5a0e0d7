// Passkeys on our pages. A form says in data-passkey what is to be signed, or
// in data-create what is to be created; its button has the browser do so, and
// the answer is sent like any other form. Where the browser cannot, or scripts
// do not run, such a form stays hidden and the page offers another way; so does
// a button that leads to one, data-with-passkeys.
//
// With @simplewebauthn/browser this becomes static/passkey.gen.js: see
// scripts/passkey.mjs.
import { browserSupportsWebAuthn, browserSupportsWebAuthnAutofill, startAuthentication, startRegistration } from '@simplewebauthn/browser';

const form = document.querySelector('[data-passkey], [data-create]');

function ask(auto) {
  const { passkey, create } = form.dataset;
  if (create) return startRegistration({ optionsJSON: JSON.parse(create) });
  return startAuthentication({ optionsJSON: JSON.parse(passkey), useBrowserAutofill: auto });
}

// What went wrong is said beside the button; that the person changed their mind
// is nothing wrong.
function said(error) {
  const note = form.querySelector('[data-problem]');
  const held = error.name === 'InvalidStateError' || error.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED';
  note.hidden = false;
  note.querySelector('span').textContent = held ? note.dataset.held : note.dataset.problem;
}

async function answer(auto) {
  const button = form.querySelector('button');
  if (!auto) button.disabled = true;
  try {
    form.elements.answer.value = JSON.stringify(await ask(auto));
    form.submit();
  } catch (error) {
    if (auto) return; // the button has taken over, or the browser gave up
    button.disabled = false;
    said(error);
  }
}

// On the page that asks for the name the browser offers passkeys where the name
// is typed.
async function offer() {
  if (document.querySelector('input[autocomplete$="webauthn"]') && (await browserSupportsWebAuthnAutofill())) await answer(true);
}

function start() {
  form.hidden = false;
  for (const instead of document.querySelectorAll('[data-without]')) instead.hidden = true;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (form.reportValidity()) answer(false);
  });
  if (form.dataset.passkey) offer();
}

if (browserSupportsWebAuthn()) {
  for (const way of document.querySelectorAll('[data-with-passkeys]')) way.hidden = false;
  if (form) start();
}

// Back from the next page the question is an old one.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
