"""`mco policy check`: would a host take its policies. `lint`: what in them cannot be meant. `explain`: what they say to a request."""

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...config import Config
from ...errors import ConfigError, MCollectiveError, UsageError
from ..application import Application
from ..inert import inert
from ..session import print_json, remark

if TYPE_CHECKING:
    from ...node.view import NodeView

_DENIED = 77  # with --strict, as for a call that every host denied


class Policy(Application):
    """Judges and explains ActionPolicy files, without running or asking anything."""

    description = "Check, lint and explain authorization policies: mco policy check|lint|explain"
    usage = "check [FILE ...]  |  lint [FILE ...]  |  explain --caller ID --agent AGENT [--action ACTION]"
    sections = ("json",)
    actions = ("check", "lint", "explain")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="check|lint|explain", help="what to do")
        files = "policies, the groups file or folders of them; without one, those beside the server.cfg in use, owners and modes too"
        parser.add_argument("files", nargs="*", metavar="FILE", help=files)
        parser.add_argument("-c", "--config", metavar="FILE", help="the server.cfg of the host, in place of the one in use here")
        parser.add_argument("--caller", metavar="ID", help="explain: who asks, as in cert=alice.mcollective")
        parser.add_argument("--agent", metavar="AGENT", help="explain: the agent that is asked")
        parser.add_argument("--action", metavar="ACTION", help="explain: the action; without one, a plain message")
        parser.add_argument("--fact", metavar="NAME=VALUE", action="append", default=[], help="explain: a fact of the host")
        parser.add_argument("--class", metavar="NAME", dest="classes", action="append", default=[], help="explain: a class of the host")
        parser.add_argument("--input", metavar="NAME=VALUE", action="append", default=[], help="explain: an input of the action")
        ext = "explain: an extension of the caller's certificate, as in pp_auth_role=ops"
        parser.add_argument("--ext", metavar="NAME=VALUE", action="append", default=[], help=ext)
        parser.add_argument("--file", metavar="FILE", help="explain: by this policy, and the groups file beside it")
        parser.add_argument("--here", action="store_true", help="explain: with the facts, classes and data plugins of this very host")
        parser.add_argument(
            "--strict", action="store_true", help="exit with 78, not 1, for a policy that cannot be used, and with 77 for a denial"
        )

    def run(self, options: argparse.Namespace) -> int:
        if options.verb == "explain":
            with _unlogged():
                return _explain(options)
        if options.verb not in ("check", "lint"):
            raise UsageError(f"there is no `mco policy {options.verb}`: it is check, lint or explain")
        for name in ("caller", "agent", "action", "fact", "classes", "input", "ext", "file", "here"):
            if getattr(options, name):
                raise UsageError(f"--{'class' if name == 'classes' else name} is for `mco policy explain`")
        with _unlogged():
            return _judge(options)


@contextmanager
def _unlogged() -> Iterator[None]:
    """Inside, what a daemon would log of its policies is not logged: it is the answer."""
    root = logging.getLogger("mcollective_py.server")
    was, silence = root.propagate, logging.NullHandler()
    root.propagate = False
    root.addHandler(silence)
    try:
        yield
    finally:
        root.removeHandler(silence)
        root.propagate = was


def _judge(options: argparse.Namespace) -> int:
    """0 where a host takes all, 1 where not (strict: 78); `lint`: 2 where there is something to remark."""
    from ..policyexplain import authorizer_of
    from ..policyfolder import judge, read_files, read_folder

    config = _server(options, is_needed=not options.files)
    found = read_files(options.files) if options.files or config is None else read_folder(authorizer_of(config).files.folder)
    judged = judge(found, config, config.paths("libdir") if config else (), with_lint=options.verb == "lint")
    if options.json:
        print_json({"files": [one.to_dict() for one in judged]})
    else:
        print(inert("\n".join(line for one in judged for line in one.lines()), keep_lines=True) if judged else "no policies")
    if any(one.errors for one in judged):
        return ConfigError.strict_exitcode if options.strict else 1
    return 2 if options.verb == "lint" and any(one.remarks for one in judged) else 0


def _explain(options: argparse.Namespace) -> int:
    """0 where it is allowed, 2 where it is denied (strict: 77)."""
    from ..policyexplain import asked_of, authorizer_of, explain, explain_file, view_of

    if options.files:
        raise UsageError(f"{options.files[0]!r}: a policy to explain is named with --file FILE")
    if not options.caller or not options.agent:
        raise UsageError("who asks for what? mco policy explain --caller cert=NAME --agent AGENT --action ACTION")
    if options.here and (options.fact or options.classes):
        raise UsageError("--here takes the facts and classes of this host: leave out --fact and --class")
    config = _server(options, is_needed=options.here or not options.file)
    asked, remarks = asked_of(
        options.caller, options.agent, options.action, options.input, options.ext, config.paths("libdir") if config else ()
    )
    for text in remarks:
        remark(text)
    view = _this_host(config) if options.here and config else view_of(options.fact, options.classes)
    if options.file:
        compares_text = config is not None and config.flag("plugin.actionpolicy.compare_as_text")
        found = explain_file(options.agent, asked, view, options.file, compares_text=compares_text)
    elif config is not None:
        found = explain(options.agent, asked, view, authorizer_of(config))
    if options.json:
        print_json(found.to_dict())
    else:
        print(inert(found.text(), keep_lines=True))
        for text in () if options.here else found.remarks:
            remark(text)
    if found.decision.is_allowed:
        return 0
    return _DENIED if options.strict else 2


def _server(options: argparse.Namespace, *, is_needed: bool) -> Config | None:
    """The host's configuration; None where there is none and none is needed. Raises ConfigError."""
    if options.config:
        return Config.find("server", options.config)
    try:
        return Config.find("server")
    except ConfigError:
        if is_needed:
            raise
        return None


def _this_host(config: Config) -> "NodeView":
    """What this host knows of itself, as its daemon would."""
    from ...node.classes import ClassesFile
    from ...node.data import DataPlugins, builtin_data
    from ...node.state import NodeState
    from ...plugins.sitedata import load_data
    from ...server.host import facts_source, host_identity
    from ...settings import RUBY_PROVIDERS

    libdirs = config.paths("libdir")
    try:
        identity = host_identity(config)
    except MCollectiveError as error:  # no policy asks for it
        remark(str(error))
        identity = "this host"
    state = NodeState(
        identity,
        config.items("collectives"),
        config.text("main_collective") or config.items("collectives")[0],
        classes=ClassesFile(config.text("classesfile")),
        facts=facts_source(config, libdirs, speaks_ruby=config.word("securityprovider") in RUBY_PROVIDERS),
        data=DataPlugins(builtin_data()),
    )
    try:
        data = load_data(libdirs, config.plugin, state.view())
    except MCollectiveError as error:
        remark(str(error))
    else:
        state.set_data(DataPlugins([*builtin_data(), *data.plugins]))
    return state.view()
