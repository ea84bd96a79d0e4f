// Importing: shows how the beginning of the chosen file is understood, before the file is sent.

const form = document.getElementById("import");
const shown = document.getElementById("look");
// Enough for the header and the first rows.
const BEGINNING = 65536;
let asked = 0;

form.addEventListener("change", async (event) => {
  const [file] = form.elements.file.files;
  if (!file) return;
  const body = new FormData(form);
  body.set("file", file.slice(0, BEGINNING), file.name);
  // Another file has other columns: they are guessed anew.
  if (event.target === form.elements.file) for (const name of [...body.keys()]) if (name.endsWith("_column")) body.delete(name);
  asked += 1;
  const turn = asked;
  const answer = await fetch(`${root}/import/look/`, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  const text = answer?.ok ? await answer.text() : "";
  if (turn === asked) htmx.swap(shown, text, { swapStyle: "innerHTML" });
});
