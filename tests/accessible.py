"""What WCAG 2.2 asks of a page (A and AA), as far as a machine can tell: axe-core's rules, and some it leaves out."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

AXE = "axe-core@4.10.3"

NARROW = (320, 640)
"""A window of 1280 pixels, enlarged four times: WCAG 1.4.10."""

RULES = {
    "light": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
"""All that matter in one colour; in the other those of colours, as nothing else changes."""

VIOLATIONS = "only => axe.run({runOnly: only, resultTypes: ['violations']}).then(found => found.violations)"

UNFOLD = "document.querySelectorAll('details').forEach(part => { part.open = true; })"

STILL = "!document.getAnimations().some(one => one instanceof CSSTransition)"
"""Whether no colour is on its way to another."""

SHUT_IN = """[...document.querySelectorAll('.vb table, body:not(:has(gradio-app)) table')].filter(table =>
  !table.closest('[role=region][aria-label][tabindex="0"]')
).map(table => table.outerHTML.slice(0, 120))"""
"""Tables outside of a named region that scrolls by the keyboard where they are too wide."""

CONTRAST_OF = """
  const rgba = colour => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    const colour = getComputedStyle(element).backgroundColor;
    return element.parentElement && rgba(colour)[3] === 0 ? ground(element.parentElement) : colour;
  };
  const contrast = (one, two) => {
    const pair = [one, two].map(colour => light(rgba(colour)));
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
  };
"""

FAINT_BORDERS = f"""() => {{ {CONTRAST_OF}
  const fields = 'input:not([type=checkbox], [type=file], [role=combobox]), textarea, select, .wrap:has(> .wrap-inner)';
  return [...document.querySelectorAll(fields)]
    .filter(field => field.checkVisibility() && field.offsetWidth > 1)
    .filter(field => contrast(getComputedStyle(field).borderTopColor, ground(field.parentElement)) < 3)
    .map(field => field.outerHTML.slice(0, 120));
}}"""
"""Fields whose edge does not stand out from its ground: WCAG 1.4.11."""

FAINT_FOCUS = f"""() => {{ {CONTRAST_OF}
  const one = document.activeElement, look = getComputedStyle(one), inset = -parseFloat(look.outlineOffset);
  if (one === document.body || one.matches('video, [role=combobox], .clip input')) return null;
  const box = one.getBoundingClientRect(), beyond = Math.max(0, parseFloat(look.outlineWidth) - inset);
  for (let frame = one.parentElement; frame; frame = frame.parentElement) {{
    const edge = frame.getBoundingClientRect();
    const fits = box.top - beyond >= edge.top && box.bottom + beyond <= edge.bottom;
    if (getComputedStyle(frame).overflowY === 'hidden' && !fits)
      return `cut off: ${{one.outerHTML.slice(0, 120)}}`;
  }}
  const behind = ground(inset > 0 ? one : one.parentElement);
  const clear = look.outlineStyle !== 'none' && contrast(look.outlineColor, behind) >= 3;
  return clear || look.outlineStyle === 'auto' ? null : `faint: ${{one.outerHTML.slice(0, 120)}}`;
}}"""
"""What is wrong with the ring around what has the focus: WCAG 2.4.7, 1.4.11."""

COVERED = """() => {
  const one = document.activeElement, box = one.getClientRects()[0];
  const seen = [0.1, 0.5, 0.9].some(share => {
    const top = document.elementFromPoint(box.x + share * box.width, box.y + box.height / 2);
    return one.contains(top) || one.labels?.[0]?.contains(top);
  });
  return seen || one.matches('body, [role=region]') ? null : one.outerHTML.slice(0, 120);
}"""
"""What has the focus, where something else lies on the whole of it: WCAG 2.4.11."""


def axe_of(folder: Path) -> str:
    """The checker's script, from the registry of npm; the test is skipped where it cannot be had."""
    command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", AXE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    except (OSError, subprocess.SubprocessError):
        pytest.skip(f"{AXE} cannot be had from npm here")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def objections(tab: Tab, axe: str) -> dict[tuple[str, str], Any]:
    """What speaks against a page as it stands, all unfolded, in light and in dark: scheme and rule -> where."""
    found: dict[tuple[str, str], Any] = {}
    tab.evaluate(UNFOLD)
    tab.evaluate(axe)
    schemes: tuple[Any, ...] = ("light", "dark")
    for scheme in schemes:
        tab.emulate_media(color_scheme=scheme)
        tab.wait_for_timeout(300)  # for the page to turn
        tab.wait_for_function(STILL)
        for one in tab.evaluate(VIOLATIONS, RULES[scheme]):
            found[scheme, one["id"]] = [node["html"][:160] for node in one["nodes"]][:3]
        found[scheme, "borders of fields"] = tab.evaluate(FAINT_BORDERS)
    found["light", "tables in no region"] = tab.evaluate(SHUT_IN)
    return {kind: where for kind, where in found.items() if where}


def walk(tab: Tab, key: str, stops: int, question: str) -> list[str]:
    """What a question finds at each stop of so many presses of a key."""
    found = []
    for _ in range(stops):
        tab.keyboard.press(key)
        tab.wait_for_function(STILL)
        found.append(tab.evaluate(question))
    return [one for one in found if one]
