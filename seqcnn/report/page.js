"use strict";
// Sorts a table by the column whose head is pressed; rows without a value stay last.
for (const button of document.querySelectorAll("th > button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement;
    const body = head.closest("table").tBodies[0];
    const second = { ascending: "descending", descending: "ascending" };
    const order = second[head.getAttribute("aria-sort")] ?? head.dataset.first;
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const key = (row) => row.cells[head.cellIndex].dataset.value;
    const text = (row) => row.cells[head.cellIndex].textContent.trim();
    const compare = (a, b) => {
      if (head.dataset.kind !== "number") return sign * text(a).localeCompare(text(b), "en", { numeric: true });
      if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
      return sign * (Number(key(a)) - Number(key(b)));
    };
    body.append(...[...body.rows].sort(compare));
  });
}

// Shows the note of a table or figure that scrolls sideways; without this script, the style sheet shows it.
const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const note = (target.closest("figure") ?? target.parentElement).querySelector(".sideways");
    if (note) note.style.display = target.scrollWidth > target.clientWidth ? "block" : "none";
  }
});
for (const box of document.querySelectorAll(".scroll")) widths.observe(box);
