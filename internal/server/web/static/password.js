// Lets a person look at the password they type. Without this script the
// button is not there.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener('click', () => {
    const show = field.type === 'password';
    field.type = show ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(show));
    field.focus();
  });
  // What is sent and remembered is a password again.
  field.form.addEventListener('submit', () => { field.type = 'password'; });
}
// Times in mails are those of where the person is, when they have not said so themselves.
for (const field of document.querySelectorAll('[data-zone]')) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
}
