// The board: live updates. No rule lives here: the server decides, and answers with the cells as they are.

const board = document.getElementById("board");

// How often a board asks for changes: while somebody works on it, and when it is only open.
const EVERY = 3000;
const AT_REST = 12000;
const REST_AFTER = 60000;

// Never while somebody is doing something: what they see must not move under their hands.
function busy() {
  const typing = document.activeElement?.matches("input, select, textarea");
  return document.hidden || dragged || moving.size || typing || panel.open;
}

function refresh() {
  const people = [...board.querySelectorAll("[data-person]")].map((row) => ["person", row.dataset.person]);
  const asked = new URLSearchParams([["since", board.dataset.since], ...people]);
  return watch(`${root}/board/changes/${board.dataset.look}&${asked}`, (answer, changed) => {
    if (busy()) return;
    const before = new Set();
    for (const chip of board.querySelectorAll("[data-assignment]")) {
      // A task that somebody else has moved may be seen twice until now; both its rows are in this answer.
      if (before.has(chip.id)) chip.remove();
      before.add(chip.id);
    }
    htmx.swap(document.body, changed, { swapStyle: "none" });
    if (!tray.hidden) htmx.trigger(document.body, "board-refreshed");
    board.dataset.since = answer.headers.get("X-Board-Version");
    for (const chip of board.querySelectorAll("[data-assignment]")) {
      if (!before.has(chip.id)) chip.classList.add("fresh", `f${chip.dataset.by ?? ""}`);
    }
  });
}

if (board) {
  document.body.addEventListener("board-changed", refresh);
  let asked = Date.now();
  let lastSign = Date.now();
  const ask = () => {
    asked = Date.now();
    if (!busy()) refresh();
  };
  const due = () => Date.now() - asked >= (Date.now() - lastSign > REST_AFTER ? AT_REST : EVERY);
  setInterval(() => { if (due()) ask(); }, 1000);
  document.addEventListener("visibilitychange", ask);
  panel.addEventListener("close", ask);
  for (const sign of ["pointermove", "keydown", "wheel"]) {
    document.addEventListener(sign, () => { lastSign = Date.now(); }, { passive: true });
  }
}

// A name that is cut off is shown whole where somebody points at it.
document.addEventListener("pointerover", (event) => {
  const chip = event.target.closest?.(".board .chip");
  if (chip && !chip.title && chip.scrollWidth > chip.clientWidth) chip.title = chip.textContent;
});

// Where only one task is shown, the others step back.
function showOnly() {
  for (const chip of board.querySelectorAll("[data-task]")) chip.classList.toggle("aside", chip.dataset.task !== board.dataset.only);
}

if (board?.dataset.only) {
  showOnly();
  afterSwaps(showOnly);
}
