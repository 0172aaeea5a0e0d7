// The page with the number: counts down, and goes on by itself when the phone
// has answered. It hears a word from the stream and then asks the server for
// the page; without this script the page loads itself anew.
const clock = document.getElementById('clock');
const soon = document.getElementById('soon');
const end = performance.now() + Number(clock.dataset.left) * 1000;
const remember = document.querySelector('[data-remember]');
let stream;
let leaving = false;

function look() {
  if (leaving) return;
  leaving = true;
  stream?.close();
  location.replace('/signin/number');
}

function tick() {
  const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
  if (left === 10) soon.textContent = soon.dataset.soon;
  if (left > 0) setTimeout(tick, 250);
  else setTimeout(look, 1000); // the stream says so first, unless it is cut off
}

function listen() {
  stream?.close();
  stream = new EventSource('/signin/stream');
  stream.addEventListener('state', (event) => {
    if (JSON.parse(event.data).state !== 'open') look();
  });
  // The browser comes again by itself after a lost connection, not after a refusal.
  stream.addEventListener('error', () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(look, 3000);
  });
}

// A button was pressed: what that changes is told by its own answer, which the
// stream's news of it must not overtake.
document.addEventListener('submit', () => {
  leaving = true;
  stream?.close();
});

// Coming back from the app on the same phone: the system may have cut the
// stream while the page was away, and what happened meanwhile is news now.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && !leaving) listen();
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

// What is ticked here is sent by the next page, which goes on by itself: this
// one can be loaded anew at any moment. See go.js.
if (remember) {
  const box = remember.querySelector('input');
  const here = remember.dataset.remember;
  remember.hidden = false;
  box.checked = sessionStorage.getItem('remember') === here;
  box.addEventListener('change', () => sessionStorage.setItem('remember', box.checked ? here : ''));
}

tick();
listen();
