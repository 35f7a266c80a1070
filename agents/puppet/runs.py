"""One run of the agent: the words that start it, and how a run that was started has ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcollective_py.agent import InvalidRPCData

MAX_SPLAY = 86400  # seconds

# A run in the foreground of its own process; its exit code tells what came of it.
_ONCE = ("--onetime", "--no-daemonize", "--color=false", "--show_diff", "--verbose", "--detailed-exitcodes")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a run is asked to be like; None for what puppet.conf says. tags, skip_tags: commas between. server: host or host:port."""

    noop: bool | None = None
    environment: str | None = None
    server: str | None = None
    tags: str | None = None
    skip_tags: str | None = None
    splay: bool | None = None
    splaylimit: int | None = None
    use_cached_catalog: bool | None = None
    ignoreschedules: bool | None = None

    @property
    def are_custom(self) -> bool:
        """Whether a running daemon could not be told of them by a signal."""
        return any(getattr(self, name) is not None for name in self.__slots__)


def options_of(request: Mapping[str, Any], *, is_signalled: bool, splay: bool, splaylimit: int) -> RunOptions:
    """The options of a request. splay, splaylimit: those of the host, for a run that says nothing of it.

    is_signalled: a daemon is to be told, which cannot be given any splay. force is a run at once, whatever else is said of splay.
    Raises InvalidRPCData.
    """
    limit = request.get("splaylimit")
    if limit is not None and not 0 <= limit <= MAX_SPLAY:
        raise InvalidRPCData(f"splaylimit must be 0 to {MAX_SPLAY} seconds")
    asked: dict[str, Any] = {"splay": request.get("splay"), "splaylimit": None if limit is None else int(limit)}
    if request.get("force") is True:
        asked = {} if is_signalled else {"splay": False}
    elif is_signalled:
        asked = {}
    else:
        if asked["splay"] is None:
            asked["splay"] = splay
        if asked["splaylimit"] is None and asked["splay"]:
            asked["splaylimit"] = splaylimit
    return RunOptions(
        noop=request.get("noop"),
        environment=request.get("environment"),
        server=request.get("server"),
        tags=_spaceless(request.get("tags")),
        skip_tags=_spaceless(request.get("skip_tags")),
        use_cached_catalog=request.get("use_cached_catalog"),
        ignoreschedules=request.get("ignoreschedules") or None,
        **asked,
    )


def run_words(agent: Sequence[str], options: RunOptions, *, config: str | None = None, has_serverport: bool = True) -> list[str]:
    """The command of one run. agent: the words of `puppet agent`. Each value stands behind its option's `=`, never by itself."""
    words = [*agent, *_ONCE]
    if config is not None:
        words.append(f"--config={config}")
    if options.tags:
        words.append(f"--tags={options.tags}")
    if options.skip_tags:
        words.append(f"--skip_tags={options.skip_tags}")
    for name in ("splay", "noop", "use_cached_catalog"):
        value = getattr(options, name)
        if value is not None:
            words.append(f"--{name}" if value else f"--no-{name}")
    if options.splaylimit is not None:
        words.append(f"--splaylimit={options.splaylimit}")
    if options.environment:
        words.append(f"--environment={options.environment}")
    if options.server:
        host, port = split_server(options.server)
        words.append(f"--server={host}")
        if port:
            words.append(f"--{'serverport' if has_serverport else 'masterport'}={port}")
    if options.ignoreschedules:
        words.append("--ignoreschedules")
    return words


def split_server(address: str) -> tuple[str, str]:
    """Host and port, the port empty where there is none; an IPv6 address stands in brackets."""
    if address.startswith("["):
        host, _, rest = address[1:].partition("]")
        return host, rest.removeprefix(":")
    if address.count(":") > 1:
        return address, ""
    host, _, port = address.partition(":")
    return host, port


OUTCOMES: Mapping[int, str] = {0: "unchanged", 1: "failed", 2: "changed", 4: "failed", 6: "failed"}


def outcome_of(exitcode: int) -> str:
    """A word for the exit code of a run."""
    return OUTCOMES.get(exitcode, "failed")


def _spaceless(words: str | None) -> str | None:
    return None if words is None else ",".join(word.strip() for word in words.split(","))
