// The board: panels over it, dragging, moving by keyboard, and what others change. No rule lives here: the server says
// what may be done, and answers with the days as they are.

const board = document.getElementById("board");
const panel = document.getElementById("panel");
let dragging = false;

// --- panels: a link that has a page of its own opens over the board ---

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-panel]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(link.href);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-assign-chosen]");
  if (!button) return;
  event.preventDefault();
  open(`/board/assign/?${new URLSearchParams(new FormData(document.getElementById("chosen")))}`);
});

function open(address) {
  htmx.ajax("GET", address, { target: "#panel-body", swap: "innerHTML" });
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  // An answer that only says what changed is no panel.
  if (event.detail.target.id !== "panel-body" || event.detail.xhr.getResponseHeader("HX-Reswap") === "none") return;
  if (!panel.open) panel.showModal();
  panel.querySelector("[autofocus]")?.focus();
});

document.body.addEventListener("panel-done", () => {
  if (panel?.open) panel.close();
  for (const box of document.querySelectorAll("input[name=cell]:checked")) box.checked = false;
});

document.body.addEventListener("board-changed", () => refresh());

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

function letDrag(root) {
  for (const list of root.querySelectorAll("[data-chips]")) {
    Sortable.get(list)?.destroy();
    Sortable.create(list, {
      group: "days",
      sort: false,
      delay: 150,
      delayOnTouchOnly: true,
      onStart: () => { dragging = true; },
      onMove: ({ to }) => {
        for (const cell of board.querySelectorAll(".over")) cell.classList.remove("over");
        to.closest("td").classList.add("over");
      },
      onEnd: ({ item, from, to }) => {
        item.removeAttribute("style"); // An empty one stays, and would be copied against the content security policy.
        dragging = false;
        for (const cell of board.querySelectorAll(".over")) cell.classList.remove("over");
        if (from !== to) move(item.dataset.assignment, to.closest("td").dataset.cell);
      },
    });
  }
}

document.addEventListener("keydown", (event) => {
  const chip = event.target.closest?.("[data-assignment]");
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!chip || !step || !event.altKey) return;
  event.preventDefault();
  const cell = chip.closest("td");
  const row = cell.parentElement;
  const rows = [...row.parentElement.children];
  const target = rows[rows.indexOf(row) + step[1]]?.children[cell.cellIndex + step[0]];
  if (!target?.dataset.cell) return;
  const { assignment } = chip.dataset;
  move(assignment, target.dataset.cell).then(() => document.querySelector(`#chip-${assignment} a`)?.focus());
});

// --- what others change: every few seconds, and never under somebody's hands ---

function busy() {
  const typing = document.activeElement?.matches("input:not([type=checkbox]), select, textarea");
  return document.hidden || dragging || typing || panel.open;
}

function refresh() {
  const people = [...board.querySelectorAll("[data-person]")].map((row) => ["person", row.dataset.person]);
  const asked = new URLSearchParams([["week", board.dataset.week], ["since", board.dataset.since], ...people]);
  return htmx.ajax("GET", `/board/changes/?${asked}`, { swap: "none" });
}

document.body.addEventListener("board-version", (event) => { board.dataset.since = event.detail.version; });
document.body.addEventListener("htmx:oobAfterSwap", () => letDrag(document));

if (board) {
  letDrag(board);
  setInterval(() => { if (!busy()) refresh(); }, 3000);
}
