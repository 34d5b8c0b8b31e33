"use strict";
const groups = [...document.querySelectorAll("tbody[data-group]")];
const rows = groups.flatMap((group) => [...group.querySelectorAll("tr[data-case]")]);
const text = document.getElementById("filter-text");
const choices = [...document.querySelectorAll("select[data-filter]")];
const shown = document.getElementById("shown");

function matches(row) {
  const wanted = text.value.trim().toLowerCase();
  if (wanted && !row.textContent.toLowerCase().includes(wanted)) return false;
  return choices.every((choice) => !choice.value || row.dataset[choice.dataset.filter] === choice.value);
}

function filter() {
  let visible = 0;
  for (const row of rows) {
    row.hidden = !matches(row);
    visible += row.hidden ? 0 : 1;
  }
  shown.textContent = shown.dataset.pattern.replace("{shown}", visible).replace("{all}", rows.length);
}

function sort(button) {
  const heading = button.closest("th");
  const column = heading.cellIndex;
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
  for (const group of groups) {
    const members = [...group.querySelectorAll("tr[data-case]")];
    members.sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }) * (down ? -1 : 1));
    group.append(...members);
  }
}

text.addEventListener("input", filter);
for (const choice of choices) choice.addEventListener("change", filter);
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sort(button));
}
filter();
