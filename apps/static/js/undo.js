// Undo: the last thing that was sent from this page, if its answer offers that. Ctrl+Z presses the answer's button.

let undoable = null;
let turn = Promise.resolve();

// What is sent by keys and by dragging goes one after the other, in the order of the user's actions: of several that wait
// for an answer, htmx would send only the last.
function inTurn(send) {
  turn = turn.then(send).catch(() => {}); // The page has said already that ToGo didn't answer.
  return turn;
}

document.body.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.requestConfig.verb === "get" || !detail.successful) return;
  // A sheet that is closed still has the button of what was done before.
  const offered = [...document.querySelectorAll("form[data-undo]")].filter((form) => panel.open || !panel.contains(form));
  undoable = offered.at(-1);
});

// What is still under way is the last thing, too.
function undo() {
  inTurn(() => {
    if (!undoable) return null;
    const action = undoable.getAttribute("action");
    const values = {};
    for (const [name, value] of new FormData(undoable)) values[name] = [...(values[name] ?? []), value];
    undoable = null;
    return htmx.ajax("POST", action, { source: document.body, target: "#panel-body", values });
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  undo();
});
