"""Python's own reader of pickles in Python: the one in C sets aside as much memory as a number in the file asks for.

A reader of what comes from elsewhere derives from it, overrides ``find_class``, and gives out nothing of which a pickle
could set what is checked nowhere.
"""

from __future__ import annotations

from pickle import _Unpickler as Unpickler

__all__ = ["Unpickler"]
