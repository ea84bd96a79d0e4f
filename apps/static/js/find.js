// Find, from every page: Ctrl and K opens it, arrows walk through what is found, Enter goes there.

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  openPanel(`${root}/find/`);
});

document.addEventListener("keydown", (event) => {
  const field = document.getElementById("find-q");
  if (!field || !panel.open) return;
  const stops = [field, ...document.querySelectorAll("#found a")];
  const here = stops.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && here >= 0) {
    event.preventDefault();
    stops[Math.max(0, Math.min(stops.length - 1, here + step))].focus();
  } else if (event.key === "Enter" && here === 0) {
    event.preventDefault();
    // Only what was found for the text that is in the field now.
    if (document.getElementById("found").dataset.for === field.value.trim()) stops[1]?.click();
  }
});
