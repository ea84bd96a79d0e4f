// Every page: messages, panels, live updates, and dates in the reader's locale. No rule of the product lives here.

// The path below which ToGo is served; mostly empty.
const { root } = document.body.dataset;
const panel = document.getElementById("panel");
const messages = () => document.getElementById("messages");

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove();
  if (event.target.closest("[data-close]") && panel.open) {
    event.preventDefault();
    panel.close();
  }
});

// A menu closes when somebody clicks elsewhere, or chooses something of it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
  }
});

// --- one's own day, kept for when there is no network (`offline.js`): never shown to anybody else ---

const KEPT = "togo-day";

async function forgetTheDayOfOthers() {
  if (!("caches" in window) || !(await caches.has(KEPT))) return;
  const kept = await (await caches.open(KEPT)).match(`${root}/today/`, { ignoreVary: true });
  if (kept?.headers.get("X-Kept-For") !== document.body.dataset.person) await caches.delete(KEPT);
}

forgetTheDayOfOthers();

// Also without a network, when the session goes on.
document.addEventListener("submit", (event) => {
  if ("caches" in window && event.target.action.endsWith(`${root}/sign-out/`)) caches.delete(KEPT);
});

// --- panels: a link to a separate page opens it over the current page ---

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-panel]");
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openPanel(link.href);
});

// A click beside the panel closes it.
panel.addEventListener("mousedown", (event) => {
  const box = panel.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (event.target === panel && !inside) panel.close();
});

function openPanel(address) {
  return htmx.ajax("GET", address, { target: "#panel-body", swap: "innerHTML" });
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  // An answer that only says what changed is no panel.
  if (event.detail.target?.id !== "panel-body" || event.detail.xhr.getResponseHeader("HX-Reswap") === "none") return;
  if (!panel.open) panel.showModal();
  const first = panel.querySelector("[autofocus]");
  first?.focus();
  if (first?.type === "search") first.setSelectionRange(first.value.length, first.value.length);
});

// Calls `show` when parts of the page were replaced: once, however many there were.
function afterSwaps(show) {
  let waits = false;
  const later = () => {
    if (!waits) queueMicrotask(() => { waits = false; show(); });
    waits = true;
  };
  for (const swap of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.body.addEventListener(swap, later);
}

document.body.addEventListener("panel-done", () => { if (panel.open) panel.close(); });

// --- messages: above an open panel too ---

function raiseMessages() {
  const box = messages();
  if (!box.childElementCount) return;
  box.popover = "manual";
  if (!box.matches(":popover-open")) box.showPopover();
}

function unanswered() {
  messages().replaceChildren(document.getElementById("unanswered").content.cloneNode(true));
  raiseMessages();
}

document.body.addEventListener("htmx:oobAfterSwap", (event) => { if (event.detail.target?.id === "messages") raiseMessages(); });
document.body.addEventListener("htmx:sendError", unanswered);
document.body.addEventListener("htmx:responseError", unanswered);
raiseMessages();

// A message goes away by itself, but not while somebody reads it with the mouse or the keyboard on it.
setInterval(() => {
  if (document.hidden) return;
  for (const toast of document.querySelectorAll("[data-toast]")) {
    if (toast.matches(":hover, :focus-within")) continue;
    toast.dataset.seconds -= 1;
    if (toast.dataset.seconds <= 0) toast.remove();
  }
}, 1000);

// Answers bring the cells that changed. Only some of them may be on this page: the others' weeks or people aren't.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const cells = /<template><td id="([^"]+)".*?<\/template>/gs;
  const here = (cell, id) => (document.getElementById(id) ? cell : "");
  event.detail.serverResponse = event.detail.serverResponse.replace(cells, here);
});

// When the session is over, the page is loaded again: it asks to sign in, and leads back here.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (new URL(event.detail.xhr.responseURL).pathname !== `${root}/sign-in/`) return;
  event.detail.shouldSwap = false;
  location.reload();
});

// --- live updates: what others change. A server that is away for a moment is no news; one that stays away is ---

const RETRIES = 2;
let failures = 0;

async function watch(address, show) {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.redirected) location.reload();
  const comesBack = !answer || answer.status === 429 || answer.status >= 500;
  failures = answer?.ok ? 0 : failures + (comesBack ? 1 : RETRIES + 1);
  document.getElementById("stale").hidden = failures <= RETRIES;
  if (answer?.status === 200) show(answer, await answer.text());
}

// --- dates and numbers: in the page's language, and as in the reader's country if they speak it there ---

const language = document.documentElement.lang;
const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
// The page's own numbers are Latin digits, in Arabic too.
const LATIN = { numberingSystem: "latn" };

const FORMATS = {
  tight: { weekday: "short", day: "numeric" },
  day: { weekday: "short", day: "numeric", month: "short" },
  short: { day: "numeric", month: "short" },
  long: { weekday: "long", day: "numeric", month: "long" },
  full: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
};

// The page's own dates are right in every language but English, which countries write in different orders.
function showDates(root) {
  if (language !== "en") return;
  for (const time of root.querySelectorAll("time[data-as]")) {
    const date = new Date(`${time.dateTime}T00:00`);
    time.textContent = new Intl.DateTimeFormat(locale, FORMATS[time.dataset.as]).format(date);
  }
}

function showNumbers(root) {
  const format = new Intl.NumberFormat(locale, LATIN);
  for (const place of root.querySelectorAll("[data-number]")) place.textContent = format.format(place.dataset.number);
}

function showForReader(root) {
  showDates(root);
  showNumbers(root);
}

showForReader(document);
document.body.addEventListener("htmx:load", (event) => showForReader(event.detail.elt.parentElement ?? document));
