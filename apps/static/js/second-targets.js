// While a task is dragged over a full day, two targets beside it: the person's next free day, and to wait for this one.

const second = document.getElementById("second-targets");
// The full day that they belong to.
let full = null;

const targetOf = (name) => second.querySelector(`[data-second=${name}]`);
const dateOf = (cell) => cell.dataset.cell.split(":")[1];

// The next day in the row that has room, as far as the page shows it.
function laterCell(cell) {
  const from = [dateOf(cell), board.dataset.today].sort().at(-1);
  return [...cell.parentElement.querySelectorAll("[data-cell]")]
    .find((other) => other !== cell && other !== dragged.home && dateOf(other) >= from && !other.dataset.answer);
}

function offerSecond(cell) {
  const isFull = cell?.dataset.answer === board?.dataset.full && !dragged?.returned;
  if (cell && isFull && cell === full) return;
  full = cell && isFull ? cell : null;
  if (!second) return;
  second.hidden = !full;
  if (!full) return;
  const [later, wait] = [targetOf("later"), targetOf("wait")];
  const next = laterCell(full);
  later.dataset.unnamed ??= later.textContent;
  later.textContent = next
    ? later.dataset.named.replace("{date}", next.querySelector("[data-day]").dataset.day)
    : later.dataset.unnamed;
  // What is assigned already stays where it is; and nobody waits for a past day.
  wait.hidden = Boolean(dragged.assignment) || dateOf(full) < board.dataset.today;
  const box = full.getBoundingClientRect();
  const { offsetHeight: height, offsetWidth: width } = second;
  // It touches the day, so that the pointer meets nothing in between.
  second.style.top = `${box.bottom + height > innerHeight ? box.top - height + 2 : box.bottom - 2}px`;
  second.style.left = `${Math.max(0, Math.min(box.left, document.documentElement.clientWidth - width))}px`;
}

second?.addEventListener("dragover", (event) => {
  const target = event.target.closest("[data-second]");
  for (const one of second.children) one.classList.toggle("over", one === target);
  if (target) event.preventDefault();
});

second?.addEventListener("dragleave", (event) => {
  for (const one of second.children) one.classList.remove("over");
  if (!second.contains(event.relatedTarget) && !board.contains(event.relatedTarget)) offerSecond(null);
});

second?.addEventListener("drop", (event) => {
  const name = event.target.closest("[data-second]")?.dataset.second;
  if (!dragged || !full || !name) return;
  event.preventDefault();
  const { assignment, task } = dragged;
  const next = name === "later" ? laterCell(full) : null;
  const place = (next ?? full).dataset.cell;
  const more = next ? {} : { [name]: "on" };
  for (const one of second.children) one.classList.remove("over");
  endDrag();
  if (assignment) move(assignment, place, more);
  else assign(task, [place], more);
});
