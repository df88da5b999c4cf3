// A click on a column's name sorts the rows by it; a second click turns them round.
const table = document.querySelector("table");
const body = table.tBodies[0];
table.tHead.addEventListener("click", (event) => {
  const head = event.target.closest("button")?.closest("th");
  if (!head) return;
  const down = head.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rank = (row) => Number(row.cells[head.cellIndex]?.dataset.rank ?? 99);
  const sign = down ? -1 : 1;
  const rows = [...body.rows];
  rows.sort((a, b) => sign * (rank(a) - rank(b)) || Number(a.dataset.row) - Number(b.dataset.row));
  body.append(...rows);
});
