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

// What happened is read out by a region that stays: one that comes with its words is not heard.
const voice = Object.assign(document.createElement("p"), { className: "voice", role: "status" });
if (document.body) document.body.append(voice);
else addEventListener("DOMContentLoaded", () => document.body.append(voice));
function say(root) {
  const said = [...root.querySelectorAll("[data-said]")].map(part => part.textContent.trim()).join(" ");
  if (said && said !== voice.textContent) voice.textContent = said;
}

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

// A link into the page stays in it: Gradio's pages have a base, which such a link would lead to.
addEventListener("click", event => {
  const link = event.target.closest("a[href^='#']");
  if (!link) return;
  event.preventDefault();
  document.querySelector(link.hash).focus();
});

// In the arena 1, 2 and 0 vote, n draws the next pair, unless they are switched off there.
const KEYS = { 1: "vote-left", 2: "vote-right", 0: "vote-tie", n: "next-pair" };
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !document.querySelector("#keys")?.checked) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select")) return;
  document.querySelector(`button#${KEYS[event.key]}:not([disabled])`)?.click();
});

// Whoever asks for less motion starts each video.
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
addEventListener("play", event => {
  if (!CALM.matches || !event.target.autoplay) return;
  event.target.autoplay = false;
  event.target.pause();
}, true);

// What Gradio's own parts do not say of themselves.
let pressed = null;
addEventListener("click", event => { pressed = event.target.closest("#votes button"); });
function amend() {
  for (const fold of document.querySelectorAll("button.label-wrap")) {
    fold.ariaExpanded = fold.classList.contains("open");
    fold.querySelector(".icon").ariaHidden = true;
  }
  for (const remove of document.querySelectorAll(".token > .token-remove"))
    remove.title = `Remove ${remove.parentElement.innerText.trim()}`;
  for (const upload of document.querySelectorAll("button.upload-container"))
    upload.ariaLabel = upload.closest(".block").querySelector("[data-testid=block-label]").innerText.trim();
  for (const list of document.querySelectorAll("ul[role=listbox]")) list.tabIndex = -1;
  if (pressed?.disabled && document.activeElement === document.body) {  // the focus of a vote goes where the next one begins
    document.querySelector("#next-pair").focus({ preventScroll: true });
    pressed = null;
  }
}
new MutationObserver(amend).observe(document, {
  subtree: true, childList: true, characterData: true, attributeFilter: ["class", "disabled"],
});
