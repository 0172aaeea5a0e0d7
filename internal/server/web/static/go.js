// A page that only says that all is well and goes on: it shows the seal close,
// then presses its own button.
const form = document.querySelector('[data-go]');
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
const box = form?.elements.remember; // what was ticked beside the number
if (box) box.checked = sessionStorage.getItem('remember') === form.elements.a.value;
if (form) setTimeout(() => form.requestSubmit(), still ? 300 : 900);
