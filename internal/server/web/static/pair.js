// The pages that pair or try a phone: they count down, and load themselves anew when the
// phone has taken the code or answered the test. Without this script they do
// so every few seconds.
const page = document.getElementById('pair');
const clock = document.getElementById('clock');
const path = page.dataset.at;
let stream;
let leaving = false;

function look() {
  if (leaving) return;
  leaving = true;
  stream?.close();
  location.replace(path);
}

function count() {
  const end = performance.now() + Number(clock.dataset.left) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
    if (left > 0) setTimeout(tick, 250);
    else setTimeout(look, 1000); // the stream says so first, unless it is cut off
  };
  tick();
}

function listen() {
  stream?.close();
  stream = new EventSource(`${path}/stream`);
  stream.addEventListener('step', (event) => {
    if (JSON.parse(event.data).key !== page.dataset.key) look();
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

// Coming back from the app on the same phone: what happened meanwhile is news now.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && !leaving && clock) listen();
});
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});

if (clock) {
  count();
  listen();
}
