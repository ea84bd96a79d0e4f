// Nothing is sent twice: a form waits for its answer, and looks like it. Loaded by every page, the admin's too.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("waiting" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.waiting = "";
  form.setAttribute("aria-busy", "true");
}, true);

// The second click of a double click, which comes after the answer where ToGo is fast.
document.addEventListener("click", (event) => {
  if (event.detail < 2 || !event.target.closest("button:not([type=button]), [type=submit], a[data-panel]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// A key that is held down.
document.addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter") event.preventDefault();
}, true);

function stopWaiting(form) {
  delete form.dataset.waiting;
  form.removeAttribute("aria-busy");
}

document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches("form")) stopWaiting(event.target); });

// A page that comes back from the browser's memory waits for nothing.
window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-waiting]")) stopWaiting(form); });
