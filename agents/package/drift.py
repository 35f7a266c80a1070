"""Digests of the list of packages: hosts that should be alike and are not have different ones."""

from collections.abc import Iterable
from hashlib import md5, sha256

from .provider import PackageState


def historic_md5(listing: str) -> str:
    """The md5 that the agent in Ruby gave for the same list, 32 hex digits. It hangs on the order in which the tool prints it.

    listing: Provider.listing, to the byte.
    """
    return md5(listing.encode(errors="surrogateescape"), usedforsecurity=False).hexdigest()


def digest(states: Iterable[PackageState]) -> str:
    """The sha256 of what is installed, 64 hex digits: names, architectures and full versions, in whatever order they come."""
    lines = sorted(f"{state.name} {state.arch} {state.ensure}\n" for state in states if state.is_installed)
    return sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()
