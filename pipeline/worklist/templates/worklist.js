"use strict";
const groups = [...document.querySelectorAll("tbody[data-group]")];
const rows = groups.flatMap((group) => [...group.querySelectorAll("tr[data-case]")]);
const text = document.getElementById("filter-text");
const choices = [...document.querySelectorAll("select[data-filter]")];
const tallies = [...document.querySelectorAll("[data-tally]")];
const shown = document.getElementById("shown");
const words = new Map();

function wordsOf(row) {
  if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
  return words.get(row);
}

function matches(row, wanted, urgency) {
  if (urgency && row.dataset.urgency !== urgency) return false;
  if (wanted && !wordsOf(row).includes(wanted)) return false;
  return choices.every((choice) => !choice.value || row.dataset[choice.dataset.filter] === choice.value);
}

function filter() {
  const wanted = text.value.trim().toLowerCase();
  const urgency = tallies.find((tally) => tally.getAttribute("aria-pressed") === "true")?.dataset.tally;
  let visible = 0;
  for (const row of rows) {
    const hidden = !matches(row, wanted, urgency);
    if (row.hidden !== hidden) row.hidden = hidden;
    visible += hidden ? 0 : 1;
  }
  shown.textContent = shown.dataset.pattern.replace("{shown}", visible).replace("{all}", rows.length);
}

function sort(button) {
  const heading = button.closest("th");
  const column = heading.cellIndex;
  const down = heading.getAttribute("aria-sort") === "ascending";
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const order = new Intl.Collator("en");
  for (const group of groups) {
    const members = [...group.querySelectorAll("tr[data-case]")];
    const keys = new Map(members.map((row) => [row, row.cells[column].dataset.key ?? row.cells[column].textContent.trim()]));
    members.sort((a, b) => order.compare(keys.get(a), keys.get(b)) * (down ? -1 : 1));
    group.append(...members);
  }
}

function step(by) {
  const visible = [...document.querySelectorAll("tr[data-case]:not([hidden]) > th > a")];
  const now = visible.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = visible[now < 0 ? 0 : Math.min(visible.length - 1, Math.max(0, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const steps = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };
  if (event.key in steps) {
    event.preventDefault();
    step(steps[event.key]);
  } else if (event.key === "/") {
    event.preventDefault();
    text.focus();
  }
});
text.addEventListener("input", filter);
for (const choice of choices) choice.addEventListener("change", filter);
for (const tally of tallies) {
  tally.addEventListener("click", () => {
    const pressed = tally.getAttribute("aria-pressed") === "true";
    for (const other of tallies) other.setAttribute("aria-pressed", "false");
    tally.setAttribute("aria-pressed", String(!pressed));
    filter();
  });
}
for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sort(button));
}
shown.textContent = shown.dataset.pattern.replace("{shown}", rows.length).replace("{all}", rows.length);
