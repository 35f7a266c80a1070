"""Blocks that stand in vain, since an exception lets the same addresses through; pure."""

from collections.abc import Collection, Mapping
from ipaddress import ip_network

from .entries import as_entries
from .entry import ALLOW, BLOCK, Entry, Key, shown_key


def in_vain(entries: Mapping[Key, Entry], added: Collection[Entry]) -> list[tuple[Entry, Entry]]:
    """Blocks with the exception that lets them through, where a change made it so.

    entries: as they are after it. added: what it put there; a new exception is held against all blocks, else only new blocks are looked
    at. An exception counts that holds the whole network, for all protocols or for just those of the block.
    """
    passes = as_entries(entries).of_kind(ALLOW)
    new = {entry.key for entry in added} if passes else ()
    if not passes or not new:
        return []
    by_place = {(ip_network(entry.network), *entry.key[2:]): entry for entry in passes}
    lengths = {(network.version, network.prefixlen) for network, _, _ in by_place}
    is_wide = any(entry.kind == ALLOW for entry in added)
    found = []
    for block in entries.values() if is_wide else added:
        if block.kind != BLOCK or not (is_wide or block.key in new):
            continue
        network = ip_network(block.network)
        wider = [network.supernet(new_prefix=to) for of, to in lengths if of == network.version and to <= network.prefixlen]
        there = [by_place.get((one, *scope)) for one in wider for scope in {("", ""), block.key[2:]}]
        one = next((entry for entry in there if entry is not None and (block.key in new or entry.key in new)), None)
        if one is not None:
            found.append((block, one))
    return found


def passing(block: Entry, entries: Collection[Entry]) -> Entry | None:
    """The exception that lets a block's addresses through, of entries that hold them all; None where it stands."""
    scopes = {("", ""), block.key[2:]}
    return next((entry for entry in entries if entry.kind == ALLOW and entry.key[2:] in scopes), None)


def vain_words(found: Collection[tuple[Entry, Entry]]) -> str:
    """`192.0.2.7 is let through all the same: allow 192.0.2.0/24`; empty for none."""
    if not found:
        return ""
    block, passed = next(iter(found))
    rest = len(found) - 1
    more = f" (and {rest} {'block' if rest == 1 else 'blocks'} more)" if rest else ""
    return f"{shown_key(block.key)} is let through all the same: {shown_key(passed.key)}{more}"
