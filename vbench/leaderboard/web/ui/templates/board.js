// The table follows the form; its address says the view, and the rows that are chosen for a comparison stay chosen.
const form = document.querySelector("#view"), chosen = new Set();
const root = () => document.querySelector("#board");
let asked = 0, timer = 0, wait = 2000;

function marked() {
  for (const box of root().querySelectorAll("tbody input")) box.checked = chosen.has(box.value);
  const link = root().querySelector("[data-compare]"), ids = [...chosen].map(encodeURIComponent);
  link.href = "compare" + (ids.length ? "?ids=" + ids.join(",") : "");
  link.textContent = ids.length > 6 ? "Compare the first six" : ids.length ? `Compare ${ids.length}` : "Compare";
  const sort = form.elements.sort, now = root().dataset.sort;
  if (![...sort.options].some(option => option.value === now)) sort.add(new Option(now.replace("-", "") + ", the other way", now));
  sort.value = now;
  for (const all of form.querySelectorAll("[data-all]"))
    all.checked = [...all.closest("fieldset").querySelectorAll("[name]")].every(box => box.checked);
  keepAddress(root());
  if (root().dataset.pending === undefined) return;
  clearTimeout(timer);  // look again, ever less often
  timer = setTimeout(() => show(root().dataset.query), wait);
  wait = Math.min(2 * wait, 64000);
}

async function show(query) {
  const mine = ++asked;
  const answer = await fetch("./" + (query && "?" + query), {headers: {Accept: "text/html"}});
  if (!answer.ok || mine !== asked) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#board");
  const link = root().contains(document.activeElement) && document.activeElement.dataset.sort;
  if (mine !== asked || !found) return;
  root().replaceWith(found);
  if (link) root().querySelector(`a[data-sort="${link}"]`)?.focus();
  marked();
  say(root());
}

const query = () => new URLSearchParams(new FormData(form)).toString();

form.addEventListener("submit", event => { event.preventDefault(); show(query()); });
form.addEventListener("input", event => {
  const all = event.target.closest("[data-all]");
  if (all) for (const box of all.closest("fieldset").querySelectorAll("[name]")) box.checked = all.checked;
  clearTimeout(timer);
  timer = setTimeout(() => show(query()), event.target.type === "search" ? 200 : 0);
});
document.addEventListener("change", event => {
  if (!event.target.closest("#board tbody")) return;
  chosen[event.target.checked ? "add" : "delete"](event.target.value);
  marked();
});
document.addEventListener("click", event => {
  const link = event.target.closest("#board :is(a[data-sort], a[data-go])");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(link.search.slice(1)).then(() => { if (link.dataset.go !== undefined) root().scrollIntoView(); });
});
marked();
