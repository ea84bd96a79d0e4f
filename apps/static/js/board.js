// The board: live updates. No rule lives here: the server decides, and answers with the cells as they are.

const board = document.getElementById("board");

const EVERY = 3000;

// Never while somebody is doing something: what they see must not move under their hands.
function busy() {
  const typing = document.activeElement?.matches("input, select, textarea");
  return document.hidden || dragged || moving.size || typing || panel.open;
}

function refresh() {
  const people = [...board.querySelectorAll("[data-person]")].map((row) => ["person", row.dataset.person]);
  const asked = new URLSearchParams([["week", board.dataset.week], ["since", board.dataset.since], ...people]);
  return watch(`${root}/board/changes/?${asked}`, (answer, changed) => {
    if (busy()) return;
    htmx.swap(document.body, changed, { swapStyle: "none" });
    board.dataset.since = answer.headers.get("X-Board-Version");
  });
}

document.body.addEventListener("board-changed", refresh);

if (board) {
  const refreshUnlessBusy = () => { if (!busy()) refresh(); };
  setInterval(refreshUnlessBusy, EVERY);
  document.addEventListener("visibilitychange", refreshUnlessBusy);
}
