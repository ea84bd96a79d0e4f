// The picker of tasks: Enter chooses the first task found for the text in the field, never one for an older text. It
// creates no task: if none is found, it moves the focus to the button that creates one.

let enterFor = null;

const optionsFor = (text) => {
  const options = document.getElementById("task-options");
  return options?.dataset.for?.trim() === text.trim() ? options : null;
};

function take(options) {
  enterFor = null;
  const task = options.querySelector("button[name=task]");
  if (task) task.click();
  else options.querySelector("button.new")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.id !== "task-q") return;
  event.preventDefault();
  const options = optionsFor(event.target.value);
  if (options) return take(options);
  // There is no answer for this text yet: ask now, and choose from the answer when it is there.
  enterFor = event.target.value;
  htmx.trigger(event.target, "find-now");
});

document.addEventListener("input", (event) => { if (event.target.id === "task-q") enterFor = null; });

document.body.addEventListener("htmx:afterSettle", () => {
  const text = document.getElementById("task-q")?.value;
  if (enterFor === null || enterFor !== text) return;
  const options = optionsFor(text);
  if (options) take(options);
});
