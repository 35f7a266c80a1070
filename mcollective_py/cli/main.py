"""`mco`: find the application, run it, exit. Only the wanted command is imported, and its parser alone is built."""

# pathlib would cost `mco --help` 4 ms
# ruff: noqa: PTH100, PTH109, PTH112, PTH120

import atexit
import errno
import gc
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from .commands import application_files, description_of, load_application, make_path_safe, own_file

if TYPE_CHECKING:
    from ..errors import MCollectiveError

INTERRUPTED = 130
BROKEN_PIPE = 141

_GONE = (errno.EPIPE, errno.EIO)  # who reads has gone: a pipe, or the terminal
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run() -> None:
    """The console entry: everything that a process does beside the command, then exit."""
    from .interrupts import Interrupts

    if not _has_streams():
        os._exit(1)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a TextIOWrapper; no locale makes a host's é a fault
    sys.excepthook = _fault
    here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    sys.path[:] = make_path_safe(sys.path, os.environ, os.getcwd() if os.path.isdir(".") else "", here)
    gc.set_threshold(500_000, 20, 100)  # a short life: collecting as often as a long one does costs 40 of a call's 200 ms
    interrupts = Interrupts()
    interrupts.listen()
    code = main(sys.argv[1:], interrupts.arm)
    if code == INTERRUPTED:
        code = interrupts.exitcode(code)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            lost = _unwritten(error, stream.fileno())
            # What failed on the hosts counts for less than results that nobody has, as where they are written before the end.
            code = lost if stream is sys.stdout else code or lost
    # Without the interpreter's own clearing up, which takes 20 ms and is of no use to a process that is over.
    atexit._run_exitfuncs()
    os._exit(code)


def main(words: Sequence[str], before_asking: Callable[[], None] = lambda: None) -> int:
    """Run one command line; gives the exit code. Nothing but a fault of ours leaves a traceback.

    before_asking: told before a command runs that has the shared options: it asks hosts and leaves nothing behind.
    """
    try:
        return _dispatch(list(words), before_asking)
    except KeyboardInterrupt:
        print("mco: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        if error.errno not in (*_GONE, *_FULL):
            raise
        return _unwritten(error, sys.stdout.fileno())
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)


def _dispatch(words: list[str], before_asking: Callable[[], None]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(overview(application_files(extra_config())))
        return 0 if words else 1
    if words[0] in ("-V", "--version"):
        from .. import __version__

        print(f"mco {__version__}")
        return 0
    name, rest = words[0], words[1:]
    from ..errors import MCollectiveError

    try:
        return _application(name, rest, before_asking)
    except MCollectiveError as error:
        said = [*words, *_extra().split()]
        if "-vv" in said or said.count("-v") > 1:
            from traceback import print_exc

            print_exc()
        from .inert import inert

        print(inert(f"mco {name}: {error}", keep_lines=True), file=sys.stderr)
        return exitcode_of(error, strict="--strict" in said)


def exitcode_of(error: "MCollectiveError", *, strict: bool) -> int:
    """The exit code of a command that an error ended."""
    from ..errors import RPCError, UsageError

    # A host's refusal is a reply, never an error here: this one was refused on the way out, as a wrong word is.
    kind = UsageError if isinstance(error, RPCError) else type(error)
    return int(getattr(kind, "strict_exitcode", kind.exitcode)) if strict else kind.exitcode


def _application(name: str, rest: list[str], before_asking: Callable[[], None]) -> int:
    from ..errors import UsageError

    if name.startswith("-"):
        raise UsageError(f"the command comes first: mco COMMAND {name} ...; `mco help` lists the commands")
    file = own_file(name)
    if file is None:
        files = application_files(config_of(rest) or extra_config())
        if name not in files:
            from difflib import get_close_matches

            if _is_agent(name, rest):
                raise UsageError(f"{name} is an agent: mco rpc {name} ACTION calls it, `mco plugin doc {name}` lists its actions")
            near = get_close_matches(name, files, 1)
            raise UsageError(f"unknown command: {f'did you mean `mco {near[0]}`? ' if near else ''}`mco help` lists the commands")
        file = files[name]
    application = load_application(name, file)
    from .options import Parser, parse, parser_for

    parser: Parser = parser_for(name, application)
    # A command without the shared options (demo, ca, broker) has no use for what is meant for all that have them.
    extra = _extra() if application.sections else ""
    application.check_words(rest, parser)
    try:
        options = parse(parser, [*_extra_words(extra), *rest])
    except UsageError as error:
        if not extra:
            raise
        raise UsageError(f"{error}\nMCOLLECTIVE_EXTRA_OPTS adds: {extra}") from error
    if getattr(options, "verbose", 0) > 1:
        import logging

        logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    if "common" in application.sections:
        before_asking()
    return application.run(options)


def _is_agent(name: str, rest: list[str]) -> bool:
    """Whether this client can call an agent of this name; False also where its configuration cannot be read."""
    from ..config import Config
    from ..errors import MCollectiveError
    from ..plugins.ddlfiles import agent_ddl

    try:
        agent_ddl(name, Config.find("client", config_of(rest) or extra_config()).paths("libdir"))
    except MCollectiveError:
        return False
    return True


def overview(files: dict[str, str]) -> str:
    """What `mco help` says: every command with its one line."""
    width = max((len(name) for name in files), default=0)
    rows = [f"  {name:<{width}}  {description_of(files[name])}".rstrip() for name in sorted(files)]
    return "\n".join(["usage: mco COMMAND [options] [filters]", "", *rows, "", "`mco help COMMAND` says more of one."])


def extra_config() -> str | None:
    """The configuration file that MCOLLECTIVE_EXTRA_OPTS names; None where it names none or cannot be read."""
    if not _extra():
        return None
    from ..errors import UsageError

    try:
        return config_of(_extra_words(_extra()))
    except UsageError:
        return None


def _extra() -> str:
    return os.environ.get("MCOLLECTIVE_EXTRA_OPTS", "")


def _extra_words(extra: str) -> list[str]:
    if not extra:
        return []
    from shlex import split

    from ..errors import UsageError

    try:
        return split(extra)
    except ValueError as error:
        raise UsageError(f"MCOLLECTIVE_EXTRA_OPTS: {error}") from error


def config_of(words: Sequence[str]) -> str | None:
    """The configuration file that the words of a line name."""
    for at, word in enumerate(words):
        if word in ("-c", "--config") and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--config="):
            return word.removeprefix("--config=")
    return None


def _fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What is told of a fault of ours: one line, and the traceback to who asks for it."""
    if "-vv" in sys.argv or sys.argv.count("-v") > 1:
        sys.__excepthook__(kind, error, trace)
    else:
        print(f"mco: a fault of the program, please report it: {kind.__name__}: {error}\nWith -vv it says where.", file=sys.stderr)


def _has_streams() -> bool:
    """Whether there is an output. An input or a place for errors that is closed is replaced, lest a socket take its number."""
    if sys.stdout is None:
        if sys.stderr is not None:
            print("mco: the standard output is closed, nothing was done: send it to /dev/null if nobody is to read it", file=sys.stderr)
        return False
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY))  # noqa: SIM115  it takes the free number 0
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w")  # noqa: SIM115
    return True


def _unwritten(error: OSError, descriptor: int) -> int:
    """The exit code where what there is to say could not be written; said, unless somebody chose to hear no more."""
    _silence(descriptor)
    if error.errno in _GONE:
        return BROKEN_PIPE
    try:
        print(f"mco: the output cannot be written: {error.strerror}", file=sys.stderr, flush=True)
    except OSError:
        pass  # nor can this
    return 1


def _silence(descriptor: int) -> None:
    """Send what is still to be written nowhere: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)
