// Moving a task to another person or day: by dragging, and with Alt and an arrow key. The server decides; until it has
// answered, the task stays where it was.

// For each assignment that is being moved, its last target cell.
const moving = new Map();
let moves = Promise.resolve();
let dragged = null;
// The assignment that was moved by keyboard: its chip is a new element after each move, and gets the focus back.
let followed = null;

const chipOf = (assignment) => document.getElementById(`chip-${assignment}`);
const cellOf = (chip) => chip?.closest("[data-cell]")?.dataset.cell;

// Moves are sent one after the other, in the order of the user's actions. If one is refused, the later moves of the same
// assignment are dropped: they started from a cell that it never reached.
function move(assignment, cell) {
  moving.set(assignment, cell);
  moves = moves.then(() => send(assignment, cell));
}

async function send(assignment, cell) {
  if (!moving.has(assignment)) return;
  chipOf(assignment)?.classList.add("moving");
  await htmx
    .ajax("POST", `${root}/board/assignment/${assignment}/`, { source: board, values: { cell }, swap: "none" })
    .catch(() => {}); // The page has said already that ToGo didn't answer.
  chipOf(assignment)?.classList.remove("moving");
  const isThere = cellOf(chipOf(assignment)) === cell;
  if (!isThere || moving.get(assignment) === cell) moving.delete(assignment);
  if (!moving.size) followed = null;
}

// --- dragging: the whole cell is the target ---

function markTarget(cell) {
  for (const other of board.querySelectorAll(".over")) if (other !== cell) other.classList.remove("over");
  cell?.classList.add("over");
}

board?.addEventListener("dragstart", (event) => {
  dragged = event.target.closest("[data-assignment]")?.dataset.assignment ?? null;
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", event.target.textContent.trim()); // Firefox drags nothing without data.
});

board?.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const cell = event.target.closest("[data-cell]");
  markTarget(cell);
  if (cell) event.preventDefault(); // This tells the browser that a drop is allowed here.
});

board?.addEventListener("dragleave", (event) => { if (!board.contains(event.relatedTarget)) markTarget(null); });

board?.addEventListener("drop", (event) => {
  const cell = event.target.closest("[data-cell]")?.dataset.cell;
  if (!dragged || !cell) return;
  event.preventDefault();
  if (cell !== (moving.get(dragged) ?? cellOf(chipOf(dragged)))) move(dragged, cell);
});

board?.addEventListener("dragend", () => {
  dragged = null;
  markTarget(null);
});

// --- the keyboard ---

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

function neighbour(cell, [down, right]) {
  const from = board.querySelector(`[data-cell="${cell}"]`);
  return board.tBodies[0].rows[from.parentElement.sectionRowIndex + down]?.cells[from.cellIndex + right]?.dataset.cell;
}

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key];
  if (!step || !event.altKey) return;
  // While a cell is being replaced, nothing has the focus.
  const nothing = event.target === document.body ? followed : null;
  const assignment = event.target.closest("[data-assignment]")?.dataset.assignment ?? nothing;
  if (!assignment) return;
  event.preventDefault();
  const cell = neighbour(moving.get(assignment) ?? cellOf(chipOf(assignment)), step);
  if (!cell) return;
  followed = assignment;
  move(assignment, cell);
});

document.body.addEventListener("htmx:oobAfterSwap", () => {
  if (followed && document.activeElement === document.body) chipOf(followed)?.querySelector("a").focus();
});
