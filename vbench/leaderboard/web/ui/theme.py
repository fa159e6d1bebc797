"""Gradio's own parts in the colours of the other pages, and in fonts that every machine has."""

from __future__ import annotations

import gradio as gr

FONTS = ("system-ui", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif")


def theme() -> gr.themes.Base:
    """The theme; what it does not set follows the style sheet's variables."""
    return gr.themes.Base(font=FONTS, font_mono=("ui-monospace", "monospace"), radius_size="sm").set(
        **_both("body_background_fill", "var(--page)"),
        **_both("body_text_color", "var(--ink)"),
        **_both("body_text_color_subdued", "var(--soft)"),
        **_both("background_fill_primary", "var(--card)"),
        **_both("background_fill_secondary", "var(--page)"),
        **_both("block_background_fill", "var(--card)"),
        **_both("block_border_color", "var(--line)"),
        **_both("block_label_background_fill", "var(--card)"),
        **_both("block_label_text_color", "var(--soft)"),
        **_both("block_title_text_color", "var(--ink)"),
        **_both("block_info_text_color", "var(--soft)"),
        **_both("border_color_primary", "var(--line)"),
        **_both("border_color_accent", "var(--link)"),
        **_both("color_accent_soft", "var(--track)"),
        **_both("link_text_color", "var(--link)"),
        **_both("input_background_fill", "var(--page)"),
        **_both("input_border_color", "var(--soft)"),
        **_both("input_border_color_focus", "var(--link)"),
        **_both("input_placeholder_color", "var(--soft)"),
        **_both("checkbox_background_color", "var(--page)"),
        **_both("checkbox_background_color_selected", "var(--link)"),
        **_both("checkbox_border_color", "var(--soft)"),
        **_both("checkbox_border_color_selected", "var(--link)"),
        **_both("checkbox_label_background_fill", "transparent"),
        **_both("checkbox_label_background_fill_hover", "var(--track)"),
        **_both("checkbox_label_background_fill_selected", "transparent"),
        **_both("checkbox_label_border_color", "transparent"),
        **_both("checkbox_label_text_color", "var(--ink)"),
        **_both("checkbox_label_text_color_selected", "var(--ink)"),
        **_both("button_primary_background_fill", "var(--strong)"),
        **_both("button_primary_background_fill_hover", "var(--link)"),
        **_both("button_primary_text_color", "var(--on-strong)"),
        **_both("button_secondary_background_fill", "var(--card)"),
        **_both("button_secondary_background_fill_hover", "var(--track)"),
        **_both("button_secondary_border_color", "var(--line)"),
        **_both("button_secondary_text_color", "var(--ink)"),
        button_border_width="1px",
        input_border_width="1px",
        checkbox_label_padding="2px 8px 2px 2px",
        checkbox_label_text_size="13px",
        block_shadow="none",
        button_primary_shadow="none",
    )


def _both(name: str, value: str) -> dict[str, str]:
    """In light and in dark."""
    return {name: value, f"{name}_dark": value}
