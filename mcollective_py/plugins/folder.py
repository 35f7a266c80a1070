"""A plugin's folder, checked before anything in it is run: who could change it, and where its links lead."""

import os
from pathlib import Path

from ..errors import PluginError
from ..node.ownership import check_tree_ownership
from ..shipped import shipped_libdir
from .finder import KINDS, is_inside
from .modules import carrier_of, load_class


def load_plugin(kind: str, name: str, folder: Path, only_owned: bool | None = None) -> type:
    """The class of a plugin of one of finder.KINDS, out of its folder. only_owned: see check_folder; default: where root loads it.

    Raises PluginError.
    """
    check_folder(name, folder, checks_owners(only_owned))
    return load_class(name, folder, KINDS[kind][0].removesuffix(".py"))


def checks_owners(only_owned: bool | None) -> bool:
    """only_owned itself, or whether this is root, who runs nothing that others could change."""
    return os.geteuid() == 0 if only_owned is None else only_owned


def check_folder(name: str, folder: Path, only_owned: bool) -> None:
    """Refuse a folder with links that lead out of it, and, with only_owned, one that others than root and this user could change.

    Raises PluginError.
    """
    above = folder.parent.parent
    for entry in [folder, *folder.rglob("*")]:
        home = above if entry == folder else folder
        if entry.is_symlink() and not is_inside(entry, home):
            raise PluginError(name, f"{entry} is a link that leads out of {home}")
    # Who could change the shipped folder could change this very file, which runs already.
    shipped = shipped_libdir().resolve()
    if only_owned and shipped not in (above.resolve(), above.resolve().parent.parent):  # the second: of a shipped agent's own
        try:
            check_tree_ownership(carrier_of(folder) or folder)  # it may import any file of the agent that carries it
        except OSError as error:
            raise PluginError(name, f"not loaded for safety: {error}") from error
