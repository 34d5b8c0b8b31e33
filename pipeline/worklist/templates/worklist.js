"use strict";
const groups = [...document.querySelectorAll("tbody[data-group]")];
const rows = groups.flatMap((group) => [...group.querySelectorAll("tr[data-case]")]);
const text = document.getElementById("filter-text");
const choices = [...document.querySelectorAll("select[data-filter]")];
const tallies = [...document.querySelectorAll("[data-tally]")];
const headings = [...document.querySelectorAll("thead th")];
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
  const urgency = pressedTally()?.dataset.tally;
  let visible = 0;
  for (const row of rows) {
    const hidden = !matches(row, wanted, urgency);
    if (row.hidden !== hidden) row.hidden = hidden;
    visible += hidden ? 0 : 1;
  }
  shown.textContent = shown.dataset.pattern.replace("{shown}", visible).replace("{all}", rows.length);
  remember();
}

function pressedTally() {
  return tallies.find((tally) => tally.getAttribute("aria-pressed") === "true");
}

function press(pressed) {
  for (const tally of tallies) tally.setAttribute("aria-pressed", String(tally === pressed));
}

function sort(heading, direction) {
  for (const other of headings) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", direction);
  const column = heading.cellIndex;
  const order = new Intl.Collator("en");
  for (const group of groups) {
    const members = [...group.querySelectorAll("tr[data-case]")];
    const keys = new Map(members.map((row) => [row, row.cells[column].dataset.key ?? row.cells[column].textContent.trim()]));
    members.sort((a, b) => order.compare(keys.get(a), keys.get(b)) * (direction === "descending" ? -1 : 1));
    group.append(...members);
  }
  remember();
}

function step(by) {
  const visible = [...document.querySelectorAll("tr[data-case]:not([hidden]) > th > a:first-child")];
  const now = visible.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = visible[now < 0 ? 0 : Math.min(visible.length - 1, Math.max(0, now + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

// Whoever comes back from a report finds the list as it was left. It is kept for this tab alone.
function remember() {
  const sorted = headings.find((heading) => heading.hasAttribute("aria-sort"));
  const state = {
    text: text.value,
    choices: Object.fromEntries(choices.map((choice) => [choice.dataset.filter, choice.value])),
    urgency: pressedTally()?.dataset.tally,
    sorted: sorted && [sorted.className, sorted.getAttribute("aria-sort")],
    case: document.activeElement.closest("tr[data-case]")?.dataset.case,
  };
  kept()?.setItem(location.pathname, JSON.stringify(state));
}

function recall() {
  const state = JSON.parse(kept()?.getItem(location.pathname) ?? "null");
  if (!state) return;
  text.value = state.text;
  for (const choice of choices) choice.value = state.choices[choice.dataset.filter] ?? "";
  press(tallies.find((tally) => tally.dataset.tally === state.urgency));
  const sorted = headings.find((heading) => heading.className === state.sorted?.[0]);
  if (sorted) sort(sorted, state.sorted[1]);
  if (state.case) document.querySelector(`tr[data-case="${state.case}"] > th > a`)?.focus();
}

function kept() {
  try {
    return sessionStorage;
  } catch {
    return null; // a browser that keeps nothing for pages from disk
  }
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
    press(tally === pressedTally() ? null : tally);
    filter();
  });
}
for (const heading of headings) {
  heading.querySelector("button")?.addEventListener("click", () =>
    sort(heading, heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending"));
}
document.querySelector("table.list").addEventListener("focusin", remember);
recall();
filter();
