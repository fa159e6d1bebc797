"use strict";
for (const place of document.querySelectorAll("[data-table]")) {
  const PAGE = 25, MINUS = "\u2212";
  const { columns, rows } = JSON.parse(document.getElementById(place.dataset.table).textContent);
  const [search, count, body, more] = ["input[type=search]", "[role=status]", "tbody", "button.more"].map(name => place.querySelector(name));
  const headings = [...place.querySelectorAll("thead th")];
  const words = cell => cell === null ? "" : typeof cell === "object" ? `${cell.text} ${cell.below || ""}` : String(cell);
  const haystacks = new Map(rows.map(row => [row, row.map(words).join("\n").toLowerCase()]));
  const key = cell => cell !== null && typeof cell === "object" ? cell.text : cell;
  let found = rows, shown = PAGE, sorted = null, upwards = true;

  const element = (name, look, text) => {
    const made = document.createElement(name);
    if (look) made.className = look;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const film = cell => {
    if ("note" in cell) {
      const clip = element("div", "clip still");
      clip.append(element("p", "", cell.note));
      return clip;
    }
    const plays = "film" in cell;
    const clip = element(plays ? "label" : "div", plays ? "clip" : "clip still");
    if (plays) {
      const play = element("input");
      play.type = "checkbox";
      play.setAttribute("aria-label", `Play ${cell.text}`);
      clip.append(play);
    }
    clip.append(element("span", `film film-${plays ? cell.film : cell.still}`));
    return clip;
  };
  const filled = (cell, at) => {
    if (typeof cell === "number") return element("td", "number", cell.toFixed(4).replace("-", MINUS));
    const made = element(at ? "td" : "th");
    if (!at) made.scope = "row";
    if (cell === null || typeof cell === "string") {
      made.textContent = cell === null ? "" : cell;
      return made;
    }
    if ("film" in cell || "still" in cell || "note" in cell) made.append(film(cell));
    if (cell.look) made.append(element("i", cell.look));
    const text = element(cell.link ? "a" : "b", "", cell.text);
    if (cell.link) text.href = cell.link;
    made.append(text);
    if (cell.below) made.append(element("span", "soft", cell.below));
    return made;
  };
  const show = () => {
    body.replaceChildren(...found.slice(0, shown).map(row => {
      const line = element("tr");
      line.append(...row.map(filled));
      return line;
    }));
    count.textContent = `${Math.min(shown, found.length).toLocaleString("en")} of ${found.length.toLocaleString("en")} shown` +
      (found.length < rows.length ? `, ${rows.length.toLocaleString("en")} in all` : "");
    more.hidden = shown >= found.length;
  };
  const order = (one, two) => {
    const [a, b] = [one, two].map(row => key(row[sorted]));
    const [left, right] = [a, b].map(value => typeof value === "number" ? 0 : value ? 1 : 2);
    if (left !== right) return left - right;
    const rank = left === 0 ? a - b : left === 1 ? (a < b ? -1 : a > b ? 1 : 0) : 0;
    return upwards ? rank : -rank;
  };
  const update = () => {
    const asked = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter(row => asked.every(word => haystacks.get(row).includes(word)));
    if (sorted !== null) found.sort(order);
    shown = PAGE;
    show();
  };
  headings.forEach((heading, place) => heading.querySelector("button").addEventListener("click", () => {
    upwards = sorted === place ? !upwards : true;
    sorted = place;
    headings.forEach((other, at) => other.setAttribute("aria-sort", at !== place ? "none" : upwards ? "ascending" : "descending"));
    update();
  }));
  search.addEventListener("input", update);
  more.addEventListener("click", () => { shown += PAGE; show(); });
  let before = PAGE;
  const printed = count => { before = shown; shown = count; show(); };
  if (place.matches("main > *")) {  // that of a section is not printed
    addEventListener("beforeprint", () => printed(found.length));
    addEventListener("afterprint", () => printed(before));
  }
  place.hidden = false;
  show();
}
