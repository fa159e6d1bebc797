// The address bar keeps the view; going back shows what was there before.
const LASTING = ["__theme"];
let placed = false, shown = location.search;

// Light or dark as the system says, or the address; a page of Gradio's does the same for its own parts.
const DARK = matchMedia("(prefers-color-scheme: dark)");
function coloured() {
  const asked = new URLSearchParams(location.search).get("__theme");
  document.documentElement.classList.toggle("dark", asked === "dark" || (asked !== "light" && DARK.matches));
}
coloured();
DARK.addEventListener("change", coloured);

function keepAddress(root) {
  document.title = root.dataset.title;
  if (root.dataset.query === undefined) return;
  const now = new URLSearchParams(location.search), next = new URLSearchParams(root.dataset.query);
  for (const name of LASTING) if (now.has(name)) next.set(name, now.get(name));
  const query = next.toString();
  if (query === now.toString()) { placed = true; return; }
  const only = params => { const rest = new URLSearchParams(params); rest.delete("search"); return rest.toString(); };
  const step = placed && only(now) !== only(next) ? "pushState" : "replaceState";
  history[step](null, "", location.pathname + (query && "?" + query));
  placed = true;
  shown = location.search;
}
addEventListener("popstate", () => { if (location.search !== shown) location.reload(); });

// In the arena 1, 2 and 0 vote, n draws the next pair.
const KEYS = { 1: "vote-left", 2: "vote-right", 0: "vote-tie", n: "next-pair" };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  document.querySelector(`button#${KEYS[event.key]}:not([disabled])`)?.click();
});
