// One's own day: live updates.

function refresh() {
  const days = document.getElementById("days");
  if (document.hidden || days.classList.contains("htmx-request")) return;
  watch(`${root}/today/changes/?since=${days.dataset.since}`, (answer, text) => {
    htmx.swap(document.getElementById("days"), text, { swapStyle: "morph:outerHTML" }, { contextElement: days });
  });
}

setInterval(refresh, 3000);
document.addEventListener("visibilitychange", refresh);
