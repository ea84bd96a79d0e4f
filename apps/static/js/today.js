// One's own day: copying the calendar's link, and live updates.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Press Ctrl+C"; // Browsers keep the clipboard to themselves where a page isn't secure.
    }
  });
}

function refresh() {
  const days = document.getElementById("days");
  if (document.hidden || days.classList.contains("htmx-request")) return;
  watch(`${root}/today/changes/?since=${days.dataset.since}`, (answer, text) => {
    htmx.swap(document.getElementById("days"), text, { swapStyle: "morph:outerHTML" }, { contextElement: days });
  });
}

setInterval(refresh, 3000);
document.addEventListener("visibilitychange", refresh);
