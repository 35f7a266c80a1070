"""Settings of this agent that are true or false, or numbers."""

from collections.abc import Mapping

from mcollective_py.agent import RPCAborted

_WORDS = {"1": True, "true": True, "t": True, "yes": True, "y": True, "on": True}
_NOT = {"0": False, "false": False, "f": False, "no": False, "n": False, "off": False}


def flag(config: Mapping[str, str], name: str, otherwise: bool) -> bool:
    """A setting that is true or false. Raises RPCAborted for any other word: nobody should guess what may be overridden."""
    word = config.get(name, "").strip().lower()
    if not word:
        return otherwise
    if word not in _WORDS and word not in _NOT:
        raise RPCAborted(f"plugin.puppet.{name} is {word!r}, and must be true or false")
    return word in _WORDS


def seconds(config: Mapping[str, str], name: str, otherwise: int) -> int:
    """A setting in whole seconds. Raises RPCAborted."""
    word = config.get(name, "").strip()
    if not word:
        return otherwise
    if not (word.isdigit() and len(word) < 8):
        raise RPCAborted(f"plugin.puppet.{name} is {word!r}, and must be a number of seconds")
    return int(word)
