// Draws the tables of numbers.

const LINES = new Set(["Limit", "Days"]);

function draw(canvas) {
  const table = document.getElementById(`${canvas.dataset.chart}-numbers`);
  const rows = [...table.tBodies[0].rows];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const datasets = names.map((label, index) => ({
    label,
    type: LINES.has(label) ? "line" : "bar",
    data: rows.map((row) => Number(row.cells[index + 1].dataset.number)),
    backgroundColor: LINES.has(label) ? "transparent" : colour("--accent"),
    borderColor: colour(LINES.has(label) ? "--ink-2" : "--accent"),
    borderWidth: LINES.has(label) ? 2 : 0,
    pointRadius: 0,
    stepped: "middle",
  }));
  Chart.getChart(canvas)?.destroy();
  const scale = { ticks: { color: colour("--ink-2"), precision: 0 }, grid: { color: colour("--line") } };
  return new Chart(canvas, {
    data: { labels: rows.map((row) => row.cells[0].textContent.trim()), datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      locale: navigator.language,
      scales: { x: { ...scale, grid: { display: false } }, y: { ...scale, beginAtZero: true } },
      plugins: { legend: { display: datasets.length > 1, labels: { color: colour("--ink") } } },
    },
  });
}

function drawAll() {
  for (const canvas of document.querySelectorAll("[data-chart]")) draw(canvas);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
