// The board: choosing days, and live updates. No rule lives here: the server decides, and answers with the cells as they
// are.

const board = document.getElementById("board");

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
  openPanel(`${root}/board/assign/?${new URLSearchParams(new FormData(document.getElementById("chosen")))}`);
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

document.body.addEventListener("assigned", chooseNothing);

// --- live updates: every few seconds, and when the page is shown again; never while somebody is doing something ---

function busy() {
  const typing = document.activeElement?.matches("input:not([type=checkbox]), select, textarea");
  return document.hidden || dragged || moving.size || typing || panel.open;
}

function refresh() {
  const people = [...board.querySelectorAll("[data-person]")].map((row) => ["person", row.dataset.person]);
  const asked = new URLSearchParams([["week", board.dataset.week], ["since", board.dataset.since], ...people]);
  return watch(`${root}/board/changes/?${asked}`, (answer, changed) => {
    if (busy()) return;
    const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    htmx.swap(document.body, changed, { swapStyle: "none" });
    for (const box of boxes()) box.checked = chosen.has(box.value);
    board.dataset.since = answer.headers.get("X-Board-Version");
  });
}

document.body.addEventListener("board-changed", refresh);

if (board) {
  showChosen();
  const refreshUnlessBusy = () => { if (!busy()) refresh(); };
  setInterval(refreshUnlessBusy, 3000);
  document.addEventListener("visibilitychange", refreshUnlessBusy);
}
