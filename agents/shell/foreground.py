"""A supervisor whose end is waited for: the spec comes by standard input, how it ended goes to standard output, all of it as JSON."""

import json
import sys

from .spec import read_spec
from .supervisor import Kept, Supervisor


def main() -> None:
    """Run the command; nothing of it touches a disk, since a host with a full one is a host to run commands on."""
    spec = read_spec(sys.stdin.read())
    stdout, stderr = Kept(spec.max_output), Kept(spec.max_output)
    try:
        ended = Supervisor(spec, stdout, stderr).run()
    except OSError as error:
        ended = {"error": str(error)}
    text = {"stdout": stdout.data.decode("utf-8", "replace"), "stderr": stderr.data.decode("utf-8", "replace")}
    sys.stdout.write(json.dumps(ended | text))
