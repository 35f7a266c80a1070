"""The settings `plugin.NAME.*` of an agent that are yes or no, or numbers: a value that is neither is told, never guessed at."""

from collections.abc import Mapping

from ..errors import RPCAborted
from ..settings import FLAGS, FRACTION, WHOLE

_SWITCHED = {"on": True, "off": False}


def flag(config: Mapping[str, str], plugin: str, name: str, otherwise: bool) -> bool:
    """Yes or no, as in any other setting, and on and off. config: keys without `plugin.NAME.`. Raises RPCAborted for another word."""
    word = config.get(name, "").strip()
    if not word:
        return otherwise
    if (value := {**FLAGS, **_SWITCHED}.get(word.lower())) is None:
        raise RPCAborted(f"plugin.{plugin}.{name} is {word!r}: it must be 1 or 0")
    return value


def whole(config: Mapping[str, str], plugin: str, name: str, otherwise: int, least: int, most: int) -> int:
    """A whole number, both bounds included. Raises RPCAborted for anything else."""
    text = config.get(name, "").strip()
    if not text:
        return otherwise
    if WHOLE.fullmatch(text) is None or not least <= int(text) <= most:
        raise RPCAborted(f"plugin.{plugin}.{name} is {text!r}: it must be a whole number from {least} to {most}")
    return int(text)


def number(config: Mapping[str, str], plugin: str, name: str, otherwise: float, least: float, most: float) -> float:
    """A number such as seconds, both bounds included. Raises RPCAborted for anything else."""
    text = config.get(name, "").strip()
    if not text:
        return otherwise
    if FRACTION.fullmatch(text) is None or not least <= float(text) <= most:
        raise RPCAborted(f"plugin.{plugin}.{name} is {text!r}: it must be a number from {least:g} to {most:g}")
    return float(text)
