"""A local user without any rights, who tries everything on a site's files, processes and temporary files: a program of its own.

`python localuser.py UID FOLDER HOME ROUNDS PID...` as root, which it gives up at once. FOLDER: the site's. HOME: his own.
It tries what stands still, prints `racing`, goes on with what comes and goes in /tmp until HOME/enough is there, and prints as JSON
{"tries": how many, "wins": [what it got], "met": how many temporary folders of others}.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

SECRET = (".key", ".cfg", "audit.log", "journal", "salt")  # how names end of what only root may read, beside all below state


class Tries:
    """What was tried, and what came of it."""

    def __init__(self) -> None:
        self.count, self.wins, self.met = 0, list[str](), set[str]()

    def __call__(self, name: str, attempt: Callable[[], object]) -> None:
        self.count += 1
        try:
            attempt()
        except OSError:
            return
        self.wins.append(name)


def on_file(tries: Tries, path: Path, loot: Path) -> None:
    """Change a file, or what its name leads to, or read what is secret."""
    for word, flags in (("write", os.O_WRONLY), ("append", os.O_WRONLY | os.O_APPEND), ("truncate", os.O_RDWR | os.O_TRUNC)):
        tries(f"{word} {path}", lambda flags=flags: os.close(os.open(path, flags)))
    tries(f"chmod {path}", lambda: path.chmod(0o666))
    tries(f"chown {path}", lambda: os.chown(path, os.getuid(), -1))
    tries(f"unlink {path}", path.unlink)
    tries(f"rename {path}", lambda: path.rename(loot / "taken"))
    if path.name.endswith(SECRET) or "state" in path.parts:
        tries(f"read {path}", path.read_bytes)


def on_folder(tries: Tries, path: Path, loot: Path) -> None:
    """Put something into a folder, or another in its place."""
    for name in ("agent.py", "evil.policy", "ddl.yaml", "sitecustomize.py"):
        tries(f"create {path / name}", lambda name=name: (path / name).write_text("evil"))
        tries(f"link {path / name}", lambda name=name: (path / f"{name}.link").symlink_to("/etc/shadow"))
    tries(f"chmod {path}", lambda: path.chmod(0o777))
    tries(f"rename {path}", lambda: path.rename(loot / "folder"))


def on_process(tries: Tries, pid: int) -> None:
    """Signal a process, or look into it."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSTOP, signal.SIGUSR1):
        tries(f"signal {number}", lambda number=number: os.kill(pid, number))
    for name, flags in (("mem", os.O_RDWR), ("environ", os.O_RDONLY), ("maps", os.O_RDONLY)):
        tries(f"{name} of a process", lambda name=name, flags=flags: os.close(os.open(f"/proc/{pid}/{name}", flags)))
    for name in ("fd", "task/../fd", "map_files"):
        tries(f"{name} of a process", lambda name=name: os.listdir(f"/proc/{pid}/{name}"))
    for name in ("cwd", "root", "exe", "fd/3", "fd/4"):
        tries(f"{name} of a process", lambda name=name: os.readlink(f"/proc/{pid}/{name}"))
    tries("priority of a process", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))


def on_temporary(tries: Tries, loot: Path) -> None:
    """What actions have in /tmp just now: a race, since it is gone in a moment."""
    for path in Path("/tmp").glob("mcollective-*"):
        try:
            if path.lstat().st_uid == os.getuid():
                continue
        except OSError:
            continue  # it is gone
        tries.met.add(path.name)
        for name in ("request.json", "reply.json", "facts.json", "config"):
            tries(f"read {path / name}", lambda path=path, name=name: (path / name).read_bytes())
            tries(f"create {path / name}", lambda path=path, name=name: (path / name).write_text("{}"))
        tries(f"list {path}", lambda path=path: os.listdir(path))
        tries(f"rename {path}", lambda path=path: path.rename(loot / "raced"))
        tries(f"chmod {path}", lambda path=path: path.chmod(0o777))


def main() -> None:
    uid, rounds, pids = int(sys.argv[1]), int(sys.argv[4]), [int(word) for word in sys.argv[5:]]
    folder, home = Path(sys.argv[2]), Path(sys.argv[3])
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    loot = Path(tempfile.mkdtemp(dir="/tmp"))  # where a rename from /tmp can lead
    tries = Tries()
    for at, folders, files in os.walk(folder):
        if Path(at) == home:
            folders.clear()
            continue
        on_folder(tries, Path(at), loot)
        for name in files:
            on_file(tries, Path(at) / name, loot)
    for pid in pids:
        on_process(tries, pid)
    print("racing", flush=True)
    while tries.count < rounds or not (home / "enough").exists():
        on_temporary(tries, loot)
        tries(
            "a folder of root's", lambda: (folder / "hosts" / "web1" / "policies" / "nap.policy").write_text("policy default allow\n")
        )
    shutil.rmtree(loot, ignore_errors=True)
    print(json.dumps({"tries": tries.count, "wins": sorted(set(tries.wins)), "met": len(tries.met)}))


if __name__ == "__main__":
    main()
