// Choosing days: click, drag over them, Ctrl, Shift, or the heads of rows and columns. What can be done with them is in
// the bar at the bottom.

const chosen = new Set(); // Places, as data-cell has them.
const bar = document.getElementById("chosen-bar");
// Where a range begins.
let anchor = null;

const cellAt = (place) => board.querySelector(`[data-cell="${place}"]`);
const cellsOf = (root) => [...root.querySelectorAll("[data-cell]")];

// Folded days are not chosen with others.
const isOpen = (cell) => getComputedStyle(cell.firstElementChild).visibility !== "hidden";

function showChosen() {
  for (const cell of cellsOf(board)) cell.ariaSelected = chosen.has(cell.dataset.cell);
  bar.hidden = !chosen.size;
  bar.querySelector("[data-see]").hidden = chosen.size !== 1;
  const count = bar.querySelector("[data-count]");
  count.textContent = count.dataset.count.replace("{number}", chosen.size);
}

function choose(cells, { only = true } = {}) {
  if (only) chosen.clear();
  for (const cell of cells) chosen.add(cell.dataset.cell);
  showChosen();
}

function toggle(cell) {
  if (!chosen.delete(cell.dataset.cell)) chosen.add(cell.dataset.cell);
  showChosen();
}

function chooseNothing() {
  chosen.clear();
  showChosen();
}

// All cells of the rectangle between two of them.
function between(one, other) {
  const rows = [one, other].map((cell) => cell.parentElement.sectionRowIndex);
  const columns = [one, other].map((cell) => cell.cellIndex);
  return [...board.tBodies[0].rows]
    .slice(Math.min(...rows), Math.max(...rows) + 1)
    .flatMap((row) => [...row.cells].slice(Math.min(...columns), Math.max(...columns) + 1))
    .filter((cell) => cell.dataset.cell && isOpen(cell));
}

// --- the mouse ---

let sweeping = false;

board?.addEventListener("pointerdown", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (!cell || event.button || event.pointerType === "touch" || event.target.closest("a, input")) return;
  const from = cellAt(anchor);
  if (event.shiftKey && from) return choose(between(from, cell));
  anchor = cell.dataset.cell;
  if (event.ctrlKey || event.metaKey) return toggle(cell);
  sweeping = true;
  if (chosen.size === 1 && chosen.has(anchor)) chooseNothing();
  else choose([cell]);
});

board?.addEventListener("pointerover", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (sweeping && cell && (chosen.size || cell.dataset.cell !== anchor)) choose(between(cellAt(anchor), cell));
});

document.addEventListener("pointerup", () => { sweeping = false; });

// A finger scrolls: it chooses by tapping, also where a mouse opens the day. The bar then offers to see it.
board?.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (event.pointerType !== "touch" || !cell || event.target.closest("a:not(.load), input")) return;
  event.preventDefault();
  toggle(cell);
});

// --- heads: a row's or a column's days, or none of them ---

document.addEventListener("click", (event) => {
  const head = event.target.closest("[data-choose]")?.closest("th");
  if (!head) return;
  const column = head.cellIndex;
  const cells = column ? cellsOf(board.tBodies[0]).filter((cell) => cell.cellIndex === column) : cellsOf(head.parentElement).filter(isOpen);
  if (cells.every((cell) => chosen.has(cell.dataset.cell))) {
    for (const cell of cells) chosen.delete(cell.dataset.cell);
    showChosen();
  } else choose(cells, { only: false });
});

// --- the bar ---

const withChosen = (address) => `${address}?${new URLSearchParams([...chosen].map((place) => ["cell", place]))}`;

bar?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.chosen) openPanel(withChosen(button.dataset.chosen));
  if (button && "see" in button.dataset) openPanel(`${root}/board/day/${[...chosen][0].replace(":", "/")}/`);
  if (button && "clear" in button.dataset) chooseNothing();
});

document.body.addEventListener("assigned", () => { if (board) chooseNothing(); });
// A cell that was replaced, or came with more people, doesn't know yet that it is chosen.
afterSwaps(() => { if (chosen.size) showChosen(); });
