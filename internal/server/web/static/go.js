// A page that only says that all is well and goes on: it shows the seal close,
// then presses its own button.
const form = document.querySelector('[data-go]');
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
if (form) setTimeout(() => form.requestSubmit(), still ? 300 : 900);
