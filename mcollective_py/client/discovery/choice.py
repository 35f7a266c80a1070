"""Which discovery method finds the hosts of a filter, and whom it finds."""

from collections.abc import Sequence
from dataclasses import replace

from ...config import Config
from ...errors import FilterError, UsageError
from ...filter import RAW_QUERY, Filter
from ..whom import Whom
from . import mc
from .base import Discovered, Question


def chosen(method: str | None, options: Sequence[str], filter: Filter, config: Config) -> tuple[str, tuple[str, ...]]:
    """The method's name and its options; both as configured where they are not given.

    Expressions of -S are the hosts' own affair: for one the configured method gives way to mc, and an explicit one must be able to
    apply it. Raises UsageError where options are given to mc, which takes none.
    """
    default = config.word("default_discovery_method")
    name = method or (mc.METHOD if filter.compound else default)
    if name != "puppetdb" and any(word.startswith(RAW_QUERY) for word in filter.identities):
        raise FilterError(f"{RAW_QUERY} is a query, which --dm puppetdb asks")
    if name == mc.METHOD:
        if options:
            why = " (-S is asked of the hosts, by mc)" if filter.compound and method is None else ""
            raise UsageError(f"the discovery method mc takes no options: --do is for others, --dm says which{why}")
        return name, ()
    if not options and default in (name, mc.METHOD):  # options that stand beside mc can only be meant for another one
        options = tuple(configured_options(config))
    return name, tuple(options)


def configured_options(config: Config) -> list[str]:
    """The configured options, one a line."""
    return [line for line in map(str.strip, (config.text("default_discovery_options") or "").splitlines()) if line]


def discover_by(
    name: str, options: Sequence[str], whom: Whom, config: Config, *, agent: str | None, collective: str, timeout: float
) -> Discovered:
    """Whom a method other than mc finds. agent: that of the call, which hosts must have where the method can tell.

    Raises UsageError, FilterError or DiscoveryError; a source that fails is never nobody.
    """
    if not config.flag("direct_addressing"):
        raise UsageError(f"the discovery method {name} gives names, which need direct_addressing = 1 in the configuration")
    from .methods import check_capabilities, discovery_method  # most discoveries ask the hosts

    method = discovery_method(name, options, config)
    # Names can be judged here, so that no message need have room for them; whom a query means only the method knows.
    filter = whom.filter if any(word.startswith(RAW_QUERY) for word in whom.filter.identities) else whom.wire
    if "identity" not in method.capabilities:
        filter = replace(filter, identities=())  # names are judged here in any case
    check_capabilities(method, filter, config.paths("libdir"))
    if agent is not None and "agents" in method.capabilities:
        filter = filter.with_agent(agent)
    found = method.discover(Question(filter, collective, timeout))
    is_meant = whom.judge()
    return replace(found, nodes=tuple(node for node in dict.fromkeys(found.nodes) if is_meant(node)), method=name)
