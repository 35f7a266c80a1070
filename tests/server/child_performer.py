"""What the children of the executor's tests do: `perform(call)`, by the call's action; pids go to a FIFO that the test reads."""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.warm import WarmCode


def perform(call: Call, warm: WarmCode) -> Outcome:
    return Outcome(body=globals()[f"do_{call.action}"](call.request.body, call))


def say_pids(body, *pids):
    Path(body["fifo"]).write_text(json.dumps(pids))


def do_trivial(body, call):
    return {"pid": os.getpid()}


def do_whole(body, call):
    return {
        "body": body,
        "caller": call.request.caller,
        "facts": call.view.facts,
        "classes": sorted(call.view.classes),
        "config": call.config,
        "folder": str(call.folder),
    }


def do_surroundings(body, call):
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "is_leader": os.getpid() == os.getpgid(0) == os.getsid(0),
        "files": [number for number in range(256) if os.path.exists(f"/proc/self/fd/{number}")],
        "stdin": os.readlink("/proc/self/fd/0"),
        "is_term_default": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
    }


def do_say(body, call):
    print("on stdout")
    print("\x1b[31mred", file=sys.stderr)
    return {}


def do_flood(body, call):
    for _ in range(1000):
        sys.stdout.write("x" * 999 + "\n")
    return {}


def do_hang(body, call):
    """Ignore TERM, start a process that does too, and hang."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import signal; signal.signal(15, 1); signal.pause()"])
    say_pids(body, os.getpid(), child.pid)
    signal.pause()


def do_pause(body, call):
    say_pids(body, os.getpid())
    signal.pause()


def do_wait(body, call):
    """Until the test opens a FIFO; leaves a mark that it came to its end."""
    say_pids(body, os.getpid())
    Path(body["gate"]).read_text()
    Path(body["mark"]).write_text("finished")
    return {"finished": True}


def do_leave_behind(body, call):
    say_pids(body, subprocess.Popen(["sleep", "600"]).pid)
    return {}


def do_leave_own_session(body, call):
    say_pids(body, subprocess.Popen(["sleep", "600"], start_new_session=True).pid)
    return {}


def a_program():
    """One that ignores TERM, in a group of its own as node.command.run starts them."""
    words = [sys.executable, "-c", "import signal; signal.signal(15, 1); print(flush=True); signal.pause()"]
    program = subprocess.Popen(words, process_group=0, stdout=subprocess.PIPE)
    program.stdout.readline()
    return program.pid


def do_crash_with_a_program(body, call):
    say_pids(body, a_program())
    os.abort()


def do_hang_with_a_program(body, call):
    say_pids(body, a_program())
    signal.pause()


def do_exit(body, call):
    os._exit(3)


def do_exit_well(body, call):
    os._exit(0)


def do_segfault(body, call):
    ctypes.string_at(0)


def do_abort(body, call):
    os.abort()


def do_system_exit(body, call):
    sys.exit(4)


def do_recursion(body, call):
    return do_recursion(body, call)


def do_allocate(body, call):
    return {"length": len(bytearray(10 << 30))}


def do_spin(body, call):
    while True:
        pass


def do_fork_until_refused(body, call):
    if os.getuid() == 0:  # the kernel does not hold root to a number of processes
        os.setgid(65534)
        os.setuid(65534)
    forked = 0
    while forked < 400:
        try:
            if os.fork() == 0:
                signal.pause()
        except BlockingIOError:
            break
        forked += 1
    return {"forked": forked}


def do_bomb(body, call):
    """64 processes that stay."""
    say_pids(body, os.getpid())
    for _ in range(6):
        os.fork()
    signal.pause()


def do_come_back_twice(body, call):
    os.fork()
    return {"pid": os.getpid()}


def do_unsendable(body, call):
    return {"deep": {"folder": Path("/")}}


def do_garbage(body, call):
    os.write(3, b"no outcome at all")
    os._exit(0)


def do_large(body, call):
    return {"text": "x" * body["size"]}
