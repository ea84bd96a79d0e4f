// The board by task: live updates. The table is asked for again, and comes if something has changed.

const AT_REST = 12000;

const table = () => document.getElementById("by-task");

function refresh() {
  const { look, since } = table().dataset;
  return watch(`${root}/board/${look}&since=${since}`, (answer, changed) => {
    if (!panel.open) htmx.swap(table(), changed, { swapStyle: "outerHTML" });
  });
}

const ask = () => { if (!document.hidden && !panel.open) refresh(); };
setInterval(ask, AT_REST);
document.addEventListener("visibilitychange", ask);
panel.addEventListener("close", ask);
document.body.addEventListener("board-changed", ask);
