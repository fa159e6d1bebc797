"""What a notebook shows of an object instead of its ``repr``: a table, where there is one."""

from __future__ import annotations

from importlib import import_module


class Shown:
    """Shown as :mod:`vbench.reports.notebook` says; nothing of it is loaded before a notebook asks."""

    def _repr_html_(self) -> str:
        html: str = import_module("vbench.reports.notebook").html(self)
        return html
