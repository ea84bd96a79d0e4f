// The days of a month by keyboard: all of them are one stop of the Tab key, and arrows go from day to day.

const heat = document.querySelector("table.month");
const ahead = document.dir === "rtl" ? -1 : 1;
const STEPS = { ArrowLeft: [0, -ahead], ArrowRight: [0, ahead], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function stopAt(link) {
  for (const other of heat.querySelectorAll("tbody a")) other.tabIndex = other === link ? 0 : -1;
}

stopAt(heat.querySelector("tbody a"));
heat.querySelector("thead .today")?.scrollIntoView({ block: "nearest", inline: "center" });

heat.addEventListener("focusin", (event) => { if (event.target.closest("tbody a")) stopAt(event.target); });

heat.addEventListener("keydown", (event) => {
  const cell = event.target.closest("tbody td");
  if (!cell || !(event.key in STEPS)) return;
  event.preventDefault();
  const [down, right] = STEPS[event.key];
  heat.rows[cell.parentElement.rowIndex + down]?.cells[cell.cellIndex + right]?.querySelector("a")?.focus();
});
