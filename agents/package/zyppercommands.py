"""The words of zypper's commands."""

import re
from collections.abc import Sequence

from mcollective_py.agent import InvalidRPCData, RPCAborted

from .dnfcommands import split_arch
from .provider import Order, Wanted

ZYPPER = "/usr/bin/zypper"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+\-]*", re.ASCII)
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~^:\-]*", re.ASCII)


def zypper(root: str | None, *, prints_xml: bool = False) -> list[str]:
    """The first words of every command. root: another system's files."""
    words = [ZYPPER, "--non-interactive", "--no-color"]
    if root is not None:
        words += ["--root", root]
    return [*words, "--xmlout"] if prints_xml else words


def zypper_spec(wanted: Wanted) -> str:
    """A package as zypper names it: `nginx`, `nginx=1.24-1`, `glibc.i686`. Raises InvalidRPCData for what is neither."""
    name, arch = split_arch(wanted.name)
    if not _NAME.fullmatch(name):
        raise InvalidRPCData(f"{wanted.name!r} is no name of a package")
    if wanted.version is not None and not _VERSION.fullmatch(wanted.version):
        raise InvalidRPCData(f"{wanted.version!r} is no version of a package")
    return f"{name}{f'.{arch}' if arch else ''}{'' if wanted.version is None else f'={wanted.version}'}"


def zypper_change(root: str | None, order: Order, *, simulates: bool) -> list[str]:
    """The command that carries an order out, or only says, as XML, what it would do. Versions are exact here: zypper knows no globs.

    Raises RPCAborted for what zypper cannot do.
    """
    options, specs = order.options, [zypper_spec(wanted) for wanted in order.packages]
    words = zypper(root, prints_xml=simulates)
    if order.action in ("uninstall", "purge"):
        words += ["remove"]
    elif options.security and specs:
        raise RPCAborted("zypper takes security updates by whole patches: upgrade with security, without naming packages")
    elif options.security:
        words += ["patch", "--category", "security", "--auto-agree-with-licenses"]
    elif order.action == "upgrade" or (order.action == "update" and all(wanted.version is None for wanted in order.packages)):
        words += ["update", "--auto-agree-with-licenses", *(["--force-resolution"] if options.full else [])]
    else:
        words += ["install", "--auto-agree-with-licenses", *(["--oldpackage"] if options.downgrade else [])]
    if simulates:
        words.append("--dry-run")
    return [*words, *(["--", *specs] if specs else [])]


def zypper_lock(root: str | None, names: Sequence[str], *, is_held: bool) -> list[str]:
    """The command that puts packages on hold, or releases them."""
    return [*zypper(root), "addlock" if is_held else "removelock", "--", *(zypper_spec(Wanted(name)) for name in names)]


def zypper_refresh(root: str | None) -> list[str]:
    """The command that fetches the lists of packages anew."""
    return [*zypper(root), "refresh"]


def zypper_updates(root: str | None) -> list[str]:
    """The command that lists, as XML, what could be upgraded."""
    return [*zypper(root, prints_xml=True), "list-updates"]


def zypper_search(root: str | None, text: str, *, is_exact: bool = False) -> list[str]:
    """The command that lists, as XML, packages whose name has the text (is_exact: is the text), with all their versions."""
    return [
        *zypper(root, prints_xml=True), "search", "-s", "--type", "package", *(["--match-exact"] if is_exact else []), "--",
        zypper_spec(Wanted(text)),
    ]  # fmt: skip


def zypper_summaries(root: str | None, text: str) -> list[str]:
    """The same with a summary of each, and without versions: zypper has not both."""
    return [*zypper(root, prints_xml=True), "search", "--type", "package", "--", zypper_spec(Wanted(text))]


def zypper_clean(root: str | None, mode: str) -> list[str]:
    """The command that throws cached files away; mode: `all`, `packages` or `metadata`."""
    return [*zypper(root), "clean", *{"all": ["--all"], "packages": []}.get(mode, ["--metadata"])]


def zypper_verify(root: str | None) -> list[str]:
    """The command that mends broken dependencies."""
    return [*zypper(root), "verify"]


def zypper_needs_reboot() -> list[str]:
    """The command that says by its exit code whether a reboot is due: 102."""
    return [*zypper(None), "needs-rebooting"]
