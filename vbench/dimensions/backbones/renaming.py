"""A library's layers under the names that a checkpoint was published with.

Keys are then compared under the published names, and what a message lists is what the file holds.
"""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn


def under_names(layers: Iterable[tuple[str, nn.Module]]) -> nn.Module:
    """Build a tree in which each layer lies under a dotted name; a layer may have several.

    The layers themselves are shared: what is loaded into the tree is loaded into them.

    >>> layer = nn.Linear(1, 1)
    >>> list(under_names([("head.fc", layer), ("head.alias", layer)]).state_dict())
    ['head.fc.weight', 'head.fc.bias', 'head.alias.weight', 'head.alias.bias']
    """
    root = nn.Module()
    for name, layer in layers:
        *branches, leaf = name.split(".")
        tree = root
        for branch in branches:
            if not hasattr(tree, branch):
                tree.add_module(branch, nn.Module())
            tree = tree.get_submodule(branch)
        tree.add_module(leaf, layer)
    return root
