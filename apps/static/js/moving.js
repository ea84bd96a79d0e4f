// Moving a task to another person or day, by dragging, or with Alt and an arrow key; and dragging one out of the tray. A
// dropped task is shown at once where it was dropped. The server decides, and its answer puts that right.

// For each assignment that is being moved, its last target cell.
const moving = new Map();
let dragged = null;
// The assignment that was moved by keyboard: its chip is a new element after each move, and gets the focus back.
let followed = null;

const chipOf = (assignment) => document.getElementById(`chip-${assignment}`);
const cellOf = (chip) => chip?.closest("[data-cell]")?.dataset.cell;

// If a move is refused, the later moves of the same assignment are dropped: they started from a cell that it never
// reached.
function move(assignment, cell, more = {}) {
  moving.set(assignment, cell);
  inTurn(() => send(assignment, cell, more));
}

async function send(assignment, cell, more) {
  if (!moving.has(assignment)) return;
  const chip = chipOf(assignment);
  const home = chip?.closest("[data-cell]");
  chip?.classList.add("moving");
  if (chip && followed !== assignment) cellAt(cell)?.append(chip);
  await htmx
    .ajax("POST", `${root}/board/assignment/${assignment}/`, { source: board, values: { cell, ...more }, swap: "none" })
    .catch(() => {}); // The page has said already that ToGo didn't answer.
  // Without an answer the chip is still the one that was dropped.
  if (chip?.isConnected && chip === chipOf(assignment)) home.append(chip);
  chip?.classList.remove("moving");
  const isThere = cellOf(chipOf(assignment)) === cell;
  if (!isThere || moving.get(assignment) === cell) moving.delete(assignment);
  if (!moving.size) followed = null;
}

// --- dragging: the whole cell is the target, and says what a drop would do ---

function markTarget(cell) {
  for (const other of board.querySelectorAll(".over")) if (other !== cell) other.classList.remove("over");
  cell?.classList.add("over");
}

// What a cell would answer, as far as the page knows: nothing where it has room.
function answerOf(cell, { task, effort }) {
  if (cell.querySelector(`[data-task="${task}"]`)) return board.dataset.hasIt;
  if (cell.matches(".off")) return board.dataset.off;
  return Number(cell.dataset.left) < effort ? board.dataset.full : "";
}

function showAnswers(item) {
  for (const cell of cellsOf(board)) {
    const answer = item && cell !== item.home ? answerOf(cell, item) : "";
    if (answer) cell.dataset.answer = answer;
    else delete cell.dataset.answer;
  }
  board.classList.toggle("receiving", Boolean(item));
}

document.addEventListener("dragstart", (event) => {
  const chip = board && event.target.closest?.("[data-task]");
  if (!chip) return;
  const { assignment, task, effort, returned } = chip.dataset;
  dragged = { assignment, task, returned, effort: Number(effort ?? 1), home: chip.closest("[data-cell]") };
  event.dataTransfer.effectAllowed = "copyMove";
  event.dataTransfer.setData("text/plain", chip.textContent.trim()); // Firefox drags nothing without data.
  // Chromium ends a drag whose page changes while it begins.
  setTimeout(() => { if (dragged) showAnswers(dragged); });
});

board?.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const cell = event.target.closest("[data-cell]");
  markTarget(cell);
  offerSecond(cell);
  if (cell) event.preventDefault(); // This tells the browser that a drop is allowed here.
});

board?.addEventListener("dragleave", (event) => {
  if (board.contains(event.relatedTarget) || second.contains(event.relatedTarget)) return;
  markTarget(null);
  offerSecond(null);
});

board?.addEventListener("drop", (event) => {
  const cell = event.target.closest("[data-cell]")?.dataset.cell;
  if (!dragged || !cell) return;
  event.preventDefault();
  const { assignment, task, returned } = dragged;
  endDrag();
  if (returned) placeReturned(returned, cell);
  else if (!assignment) assign(task, chosen.has(cell) ? [...chosen] : [cell]);
  else if (cell !== (moving.get(assignment) ?? cellOf(chipOf(assignment)))) move(assignment, cell);
});

function endDrag() {
  if (!dragged) return;
  dragged = null;
  markTarget(null);
  showAnswers(null);
  offerSecond(null);
}

// The browser doesn't say that a drag has ended if the task was replaced meanwhile. But during a drag no pointer moves.
for (const end of ["dragend", "pointermove"]) document.addEventListener(end, endDrag);

// A full day, and several days, answer with a panel.
function assign(task, cell, more = {}) {
  return inTurn(() =>
    htmx.ajax("POST", `${root}/board/assign/`, { source: board, target: "#panel-body", values: { task, cell, ...more } }));
}

// What was handed back goes to one day.
function placeReturned(returned, cell) {
  return inTurn(() =>
    htmx.ajax("POST", `${root}/board/returned/${returned}/`, { source: board, target: "#panel-body", values: { cell } }));
}

// --- the keyboard ---

// Down and right. Where people write from right to left, the next day is on the left.
const ahead = document.dir === "rtl" ? -1 : 1;
const STEPS = { ArrowLeft: [0, -ahead], ArrowRight: [0, ahead], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

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
  if (followed && document.activeElement === document.body) chipOf(followed)?.focus();
});
