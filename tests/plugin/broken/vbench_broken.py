"""A package of which nothing works."""

raise RuntimeError("nobody is at home")
