"""Mail for an Exim on this very host, by SMTP or as copies of what is queued: `python eximqueue.py send < list` in a lab host."""

import json
import os
import shutil
import smtplib
import sys
import time
from pathlib import Path

from mcollective_py.cli.stories.mailing import send

SPOOL = Path("/var/spool/exim4/input")
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def copy(count: int, ages: int) -> None:
    """Make count copies of the queued messages, with ids of their own; they came one after the other over the last `ages` seconds."""
    files = sorted(SPOOL.glob("*-H"))
    models = [(path.read_bytes(), path.with_name(f"{path.name[:-1]}D").read_bytes(), path.name[:-2]) for path in files]
    owner, now = SPOOL.stat(), int(time.time())
    for number in range(count):
        head, body, model = models[number % len(models)]
        arrival = now - ages + number * ages // count
        own = f"{_base62(arrival, 6)}-{_base62(500_000 + number, 6)}-00"
        lines = head.replace(model.encode(), own.encode()).split(b"\n")
        lines[3] = b"%d %s" % (arrival, lines[3].partition(b" ")[2])
        for name, content in (("D", body.replace(model.encode(), own.encode(), 1)), ("H", b"\n".join(lines))):
            path = SPOOL / f"{own}-{name}"
            path.write_bytes(content)
            os.chmod(path, 0o640)
            shutil.chown(path, owner.st_uid, owner.st_gid)


def _base62(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, digit = divmod(number, 62)
        text = _BASE62[digit] + text
    return text


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(json.load(sys.stdin))
    elif sys.argv[1] == "offer":
        try:
            send(json.load(sys.stdin))
            print("taken")
        except smtplib.SMTPException as error:
            print(error)
    else:
        copy(int(sys.argv[2]), int(sys.argv[3]))
