"""`mco` as a process of its own, forked from one that has its modules loaded: starting Python is most of what a command takes."""

import multiprocessing
import os
import signal
import sys

MODULES = (
    "pytest",  # each process looks at the script that started this one
    "mcollective_py.broker.server",
    "mcollective_py.cli.applications.console",
    "mcollective_py.cli.applications.doctor",
    "mcollective_py.cli.applications.rpc",
    "mcollective_py.cli.applications.why",
    "mcollective_py.cli.console.session",
    "mcollective_py.client.aggregate.summaries",
    "mcollective_py.connector.factory",
    "mcollective_py.connector.stomp",
    "mcollective_py.ddl.choria",
    "mcollective_py.ddl.searched",
    "mcollective_py.security.ca",
    "mcollective_py.security.x509",
    "stringprep",
    "yaml",
)
GONE = "gone"  # an output that nobody reads any more


def preloaded():
    """What starts processes that have the modules."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(MODULES))
    return context


def start(context, words, environment, stdin, stdout, stderr):
    """Run `mco words`, with these files; stdout may be GONE. The process: join() it, then exitcode."""
    process = context.Process(target=_mco, args=(list(words), dict(environment), str(stdin), str(stdout), str(stderr)))
    process.start()
    return process


def _mco(words, environment, stdin, stdout, stderr):
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir("/")
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    os.dup2(_gone() if stdout == GONE else os.open(stdout, os.O_WRONLY | os.O_CREAT), 1)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT), 2)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", 1, errors="backslashreplace")  # noqa: SIM115
    sys.argv = ["mco", *words]
    from mcollective_py.cli.main import run

    run()


def _gone():
    reads, writes = os.pipe()
    os.close(reads)
    return writes
