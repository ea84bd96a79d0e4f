// The board: choosing days, dragging, moving by keyboard, and what others change. No rule lives here: the server says
// what may be done, and answers with the days as they are.

const board = document.getElementById("board");
let dragging = false;
// What was dropped and isn't answered yet: where it goes back to.
let dropped = null;

// --- choosing days, and giving all of them a task ---

const boxes = (root = document) => [...root.querySelectorAll("input[name=cell]")];
const assignChosen = document.querySelector("[data-assign-chosen]");

function showChosen() {
  const count = boxes().filter((box) => box.checked).length;
  assignChosen.disabled = !count;
  assignChosen.textContent = count ? `Assign to ${count} chosen ${count === 1 ? "day" : "days"}` : "Choose days to assign to";
}

assignChosen?.addEventListener("click", (event) => {
  event.preventDefault();
  openPanel(`/board/assign/?${new URLSearchParams(new FormData(document.getElementById("chosen")))}`);
});

document.addEventListener("change", (event) => { if (event.target.name === "cell") showChosen(); });

// A button at the head of a row or a column chooses all its days, or none.
document.addEventListener("click", (event) => {
  const head = event.target.closest("[data-choose]");
  if (!head) return;
  const column = head.closest("th").cellIndex;
  const of = column ? [...board.tBodies[0].rows].flatMap((row) => boxes(row.cells[column])) : boxes(head.closest("tr"));
  const all = of.every((box) => box.checked);
  for (const box of of) box.checked = !all;
  showChosen();
});

function chooseNothing() {
  for (const box of boxes()) box.checked = false;
  showChosen();
}

document.body.addEventListener("panel-done", chooseNothing);
document.body.addEventListener("assigned-many", chooseNothing);

// Enter in the search field takes the first task that is found.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "task-q") return;
  event.preventDefault();
  document.querySelector("#task-options button")?.click();
});

// --- moving: by dragging, and with Alt and an arrow key ---

function move(assignment, cell) {
  const [user, date] = cell.split(":");
  return htmx.ajax("POST", `/board/assignment/${assignment}/`, { values: { user, date }, swap: "none" });
}

function markTarget(cell) {
  for (const other of board.querySelectorAll(".over")) other.classList.remove("over");
  cell?.classList.add("over");
}

function letDrag() {
  for (const list of board.querySelectorAll("[data-chips]")) {
    if (Sortable.get(list)) continue;
    Sortable.create(list, {
      group: "days",
      sort: false,
      emptyInsertThreshold: 24,
      delay: 150,
      delayOnTouchOnly: true,
      onStart: () => { dragging = true; },
      onMove: ({ to }) => markTarget(to.closest("td")),
      onEnd: ({ item, from, to, oldIndex }) => {
        dragging = false;
        markTarget(null);
        if (from === to) return;
        dropped = { item, from, before: from.children[oldIndex] ?? null };
        move(item.dataset.assignment, to.closest("td").dataset.cell);
      },
    });
  }
}

function putBack() {
  dropped?.from.insertBefore(dropped.item, dropped.before);
  dropped = null;
}

// Dragging leaves empty styles behind, which htmx would copy as text: the security policy forbids that.
document.body.addEventListener("htmx:oobBeforeSwap", () => {
  for (const styled of board.querySelectorAll('[style=""]')) styled.removeAttribute("style");
});

document.body.addEventListener("htmx:sendError", putBack);
document.body.addEventListener("htmx:responseError", putBack);
document.body.addEventListener("htmx:afterOnLoad", () => { dropped = null; });

document.addEventListener("keydown", (event) => {
  const chip = event.target.closest?.("[data-assignment]");
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!chip || !step || !event.altKey) return;
  event.preventDefault();
  const cell = chip.closest("td");
  const rows = [...board.tBodies[0].rows];
  const target = rows[rows.indexOf(cell.parentElement) + step[1]]?.cells[cell.cellIndex + step[0]];
  if (!target?.dataset.cell) return;
  const { assignment } = chip.dataset;
  move(assignment, target.dataset.cell).then(() => document.querySelector(`#chip-${assignment} a`)?.focus());
});

// --- what others change: every few seconds, and never under somebody's hands ---

function busy() {
  const typing = document.activeElement?.matches("input:not([type=checkbox]), select, textarea");
  return document.hidden || dragging || dropped || typing || panel.open;
}

function refresh() {
  const people = [...board.querySelectorAll("[data-person]")].map((row) => ["person", row.dataset.person]);
  const asked = new URLSearchParams([["week", board.dataset.week], ["since", board.dataset.since], ...people]);
  return watch(`/board/changes/?${asked}`, (answer, changed) => {
    if (busy()) return;
    const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    htmx.swap(document.body, changed, { swapStyle: "none" });
    for (const box of boxes()) box.checked = chosen.has(box.value);
    board.dataset.since = answer.headers.get("X-Board-Version");
  });
}

document.body.addEventListener("board-changed", refresh);

if (board) {
  letDrag();
  showChosen();
  board.addEventListener("htmx:load", letDrag);
  document.body.addEventListener("htmx:oobAfterSwap", letDrag);
  setInterval(() => { if (!busy()) refresh(); }, 3000);
}
