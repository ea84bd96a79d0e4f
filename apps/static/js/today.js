// One's own day: live updates, and a copy of the page for when there is no network.

const offline = document.getElementById("offline");
const since = offline.dataset.keptAt;

function refresh() {
  const days = document.getElementById("days");
  if (since || document.hidden || days.classList.contains("htmx-request")) return;
  watch(`${root}/today/changes/?since=${days.dataset.since}`, (answer, text) => {
    htmx.swap(document.getElementById("days"), text, { swapStyle: "morph:outerHTML" }, { contextElement: days });
  });
}

setInterval(refresh, 3000);
document.addEventListener("visibilitychange", refresh);

// --- this page is the copy ---

function showCopy() {
  const time = offline.querySelector("time");
  const at = new Date(since);
  const isToday = at.toDateString() === new Date().toDateString();
  time.dateTime = since;
  time.textContent = at.toLocaleString(locale, { ...LATIN, timeStyle: "short", ...(isToday ? {} : { dateStyle: "medium" }) });
  offline.hidden = false;
  document.body.classList.add("offline");
  for (const button of document.querySelectorAll("#days button")) button.disabled = true;
  const comeBack = () => fetch(`${root}/health/live/`).then((answer) => { if (answer.ok) location.reload(); }, () => {});
  addEventListener("online", comeBack);
  setInterval(comeBack, 5000);
}

// --- this page is kept: again after each change, so that the copy is what was seen last ---

async function keepCopy() {
  await navigator.serviceWorker.register(`${root}/today/worker.js`);
  await navigator.serviceWorker.ready;
  if (!navigator.serviceWorker.controller) await new Promise((ready) => navigator.serviceWorker.addEventListener("controllerchange", ready, { once: true }));
  const again = () => fetch(`${root}/today/`).catch(() => {});
  await again();
  // What the page loaded before the worker was there.
  for (const { name, initiatorType } of performance.getEntriesByType("resource")) {
    if (["link", "script", "use", "img"].includes(initiatorType)) await keepPart(name);
  }
  afterSwaps(again);
}

function keepPart(address) {
  return caches.open(KEPT).then((cache) => cache.add(address)).catch(() => {});
}

if (since) showCopy();
// Browsers have workers only where nobody can listen: with HTTPS, or on this machine.
else if ("serviceWorker" in navigator) keepCopy().catch(() => {});
