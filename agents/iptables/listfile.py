"""The desired list that lies on the host itself, as the file of plugin.iptables.list: Puppet's, or whoever's that root trusts."""

import os
from collections.abc import Mapping

from mcollective_py.agent import InvalidRPCData, RPCAborted
from mcollective_py.agent.ownedfile import read_owned

from .entry import Entry
from .lists import MOST_BYTES, Check, parse_text


def place_of_list(config: Mapping[str, str]) -> str | None:
    """The path that the setting names, None where it names none. Raises RPCAborted for one that is no absolute path."""
    path = config.get("list", "").strip()
    if path and not path.startswith("/"):
        raise RPCAborted(f"plugin.iptables.list is {path!r}: it must be an absolute path")
    return path or None


def read_list(path: str, check: Check | None = None) -> list[Entry]:
    """The entries of the file. `for=` counts from when the file was written, so that reading it again moves no end.

    Raises RPCAborted where it is not there, is not root's alone to write, or has a bad line: then nothing of it is taken.
    """
    try:
        text = read_owned(path, MOST_BYTES).decode()
        return parse_text(text, os.stat(path).st_mtime, None, check)  # noqa: PTH116
    except UnicodeDecodeError as error:
        raise RPCAborted(f"{path} is no UTF-8") from error
    except FileNotFoundError as error:
        raise RPCAborted(f"{path} is not there (plugin.iptables.list)") from error
    except OSError as error:
        raise RPCAborted(str(error)) from error
    except InvalidRPCData as error:
        raise RPCAborted(f"{path}: {error}") from error
