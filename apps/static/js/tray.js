// The tray: the team's tasks beside the board, to be dragged onto days. A press assigns one to the chosen days.

const tray = document.getElementById("tray");
const handle = document.querySelector("[data-tray]");
const OPEN = "togo-tray";

function openTray(open) {
  tray.hidden = !open;
  handle.ariaExpanded = open;
  localStorage.setItem(OPEN, open ? "open" : "closed");
  if (open) htmx.trigger(tray, "opened");
}

// On wide screens it is open until somebody closes it.
if (tray) {
  handle.hidden = false;
  handle.addEventListener("click", () => openTray(tray.hidden));
  const before = localStorage.getItem(OPEN);
  const wide = matchMedia("(min-width: 80rem)").matches;
  if (before === "open" || (before === null && wide)) htmx.onLoad((element) => { if (element === document.body) openTray(true); });
}

function press(event) {
  const chip = event.target.closest("[data-task]:not([data-returned])");
  if (!chip) return;
  event.preventDefault();
  document.getElementById("tray-hint").hidden = chosen.size > 0;
  if (chosen.size) assign(chip.dataset.task, [...chosen]);
}

tray?.addEventListener("click", press);
tray?.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") press(event); });
