// The board's keys, as in a spreadsheet (the ARIA practices' grid): the whole board is one stop of the Tab key, arrows go
// from cell to cell, and Tab goes on to what is inside the cell.

const GRID = "th, td";
const INSIDE = "a, button, input";
// The current cell's row and column: cells are replaced by new elements.
let current = [1, 1];
let hasFocus = false;

const rowOf = (cell) => cell.parentElement.rowIndex;
const at = ([row, column]) => board.rows[row]?.cells[column];

// Only the current cell, and what is inside it, can be reached with Tab.
function setStop(cell) {
  const stop = cell === at(current) ? 0 : -1;
  cell.tabIndex = stop;
  for (const inside of cell.querySelectorAll(INSIDE)) inside.tabIndex = stop;
}

function goTo(cell, { focus = true } = {}) {
  const before = at(current);
  current = [rowOf(cell), cell.cellIndex];
  if (before) setStop(before);
  setStop(cell);
  if (focus) cell.focus();
}

function target(cell, event) {
  const [row, column] = [rowOf(cell), cell.cellIndex];
  // The last row may ask for more people.
  const last = [board.rows.length - (document.getElementById("more") ? 2 : 1), cell.parentElement.cells.length - 1];
  if (event.key === "Home") return [event.ctrlKey ? 1 : row, 1];
  if (event.key === "End") return [event.ctrlKey ? last[0] : row, last[1]];
  const [down, right] = STEPS[event.key];
  return [row + down, column + right];
}

board?.addEventListener("keydown", (event) => {
  const cell = event.target.closest(GRID);
  if (!cell || event.altKey || event.target.matches("input")) return;
  if (event.key in STEPS || event.key === "Home" || event.key === "End") {
    event.preventDefault();
    const next = at(target(cell, event));
    if (!next) return;
    if (event.shiftKey && next.dataset.cell && cell.dataset.cell) {
      anchor = cellAt(anchor) && chosen.size ? anchor : cell.dataset.cell;
      choose(between(cellAt(anchor), next));
    }
    goTo(next);
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const chip = event.target.closest("[data-assignment]") ?? onlyChipOf(cell);
  if (event.key === "Delete" && chip) {
    event.preventDefault();
    goTo(cell);
    takeAway(chip.dataset.assignment);
  }
  if (event.target !== cell) return;
  if (typed !== null) {
    event.preventDefault();
    if (event.key.length === 1) typed += event.key;
  } else if (event.key === "Enter") {
    event.preventDefault();
    assignTo(cell);
  } else if (event.key === " " && cell.dataset.cell) {
    event.preventDefault();
    anchor = cell.dataset.cell;
    toggle(cell);
  } else if (event.key.length === 1 && /[\p{L}\p{N}]/u.test(event.key) && cell.dataset.cell) {
    event.preventDefault();
    assignTo(cell, event.key);
  }
});

function takeAway(assignment) {
  // A second press asks for nothing more.
  inTurn(() => chipOf(assignment) && htmx.ajax("POST", `${root}/board/assignment/${assignment}/remove/`, { source: board, swap: "none" }));
}

function onlyChipOf(cell) {
  const chips = cell.querySelectorAll("[data-assignment]");
  return chips.length === 1 ? chips[0] : null;
}

// What is typed while the picker opens: it is searched for, too.
let typed = null;

// Opens the picker for the chosen days if this is one of them, else for this day. What was typed is searched for.
async function assignTo(cell, letter = "") {
  const place = cell.dataset.cell;
  if (!place) return cell.querySelector("button")?.click();
  const places = chosen.has(place) ? [...chosen] : [place];
  const asked = new URLSearchParams([...places.map((one) => ["cell", one]), ["q", letter]]);
  typed = letter;
  await openPanel(`${root}/board/assign/?${asked}`).catch(() => {}); // The page has said already that ToGo didn't answer.
  const field = document.getElementById("task-q");
  if (field && typed !== letter) {
    field.value = typed;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  typed = null;
}

document.addEventListener("keydown", (event) => {
  const elsewhere = panel.open || event.target.matches("input, select, textarea");
  if (elsewhere || !board) return;
  if (event.key === "Escape" && chosen.size) chooseNothing();
  if (event.key === "?") openPanel(`${root}/board/keys/`);
});

document.addEventListener("focusin", (event) => {
  const cell = board?.contains(event.target) && event.target.closest(GRID);
  if (cell) goTo(cell, { focus: false });
  if (!panel.contains(event.target)) hasFocus = Boolean(cell);
});

// New cells take the places of old ones, and the focus if it was there.
function keepStops() {
  const fresh = [...board.querySelectorAll(":is(th, td, a, button, input):not([tabindex])")];
  for (const cell of new Set(fresh.map((one) => one.closest(GRID)))) setStop(cell);
  if (hasFocus && !panel.open && document.activeElement === document.body) at(current)?.focus();
}

if (board) {
  keepStops();
  afterSwaps(keepStops);
  panel.addEventListener("close", keepStops);
}
