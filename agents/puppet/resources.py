"""resources.txt, what Puppet manages on this host, and which resources callers may touch."""

from collections import Counter
from collections.abc import Mapping

MAX_RESOURCES = 16 * 1024 * 1024  # bytes


def parse_resources(text: str) -> list[str]:
    """The managed resources, as `file[/etc/motd]`, types in small letters."""
    return [line for line in (line.strip() for line in text.split("\n")) if line.endswith("]") and "[" in line]


def types_of(resources: list[str]) -> dict[str, int]:
    """How many resources of each type: `{"File": 12, "Role::Thing": 1}`."""
    counted = Counter(resource.partition("[")[0] for resource in resources)
    return {type_name(type): count for type, count in counted.items()}


def type_name(type: str) -> str:
    """A type as references to resources have it: `Role::Thing`."""
    return "::".join(part.capitalize() for part in type.split("::"))


def reference(type: str, title: str) -> str:
    """As resources.txt has it."""
    return f"{type.lower()}[{title}]"


def is_managed(resources: list[str], asked: str) -> bool:
    """Whether Puppet manages it; asked: `File[/etc/motd]`, the type in any letters. Raises ValueError for what is no reference."""
    type, bracket, title = asked.partition("[")
    if not (type and bracket and title.endswith("]")):
        raise ValueError(f"Invalid resource name {asked}")
    return reference(type, title[:-1]) in resources


def refusal(config: Mapping[str, str], type: str, title: str) -> str | None:
    """Why a resource may not be touched by the settings plugin.puppet.*, None where it may. Without settings none may.

    The messages are the historic ones.
    """
    types = _rule(config, "resource_type_whitelist", "resource_type_blacklist", "")
    if isinstance(types, str):
        return types
    allowed, denied = types
    if denied is not None and type in denied:
        return f"The {type} type is listed in the type blacklist"
    if denied is None and type not in (allowed or ()):
        return f"The {type} type is not listed in the type whitelist"
    titles = _rule(config, f"resource_name_whitelist.{type}", f"resource_name_blacklist.{type}", None)
    if isinstance(titles, str):
        return titles
    allowed, denied = titles
    if denied is not None and title in denied:
        return f"The {title} name is listed in the name blacklist"
    if denied is None and allowed is not None and title not in allowed:
        return f"The {title} name is not listed in the name whitelist"
    return None


def _rule(config: Mapping[str, str], white: str, black: str, otherwise: str | None) -> tuple[set[str] | None, set[str] | None] | str:
    """Allowed and denied words, None for a list that is not there; or what is wrong with the two settings."""
    allowed, denied = config.get(white), config.get(black)
    if allowed is not None and denied is not None:
        return f"You cannot specify both puppet.{white} and puppet.{black} in the config file"
    if denied is not None:
        return None, _words(denied)
    allowed = otherwise if allowed is None else allowed
    return (None if allowed is None else set() if allowed.strip() == "none" else _words(allowed)), None


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",") if word.strip()}
