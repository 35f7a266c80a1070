"""What a query asks: a package, and how its version is to stand to another one."""

import re

from mcollective_py.node.data import RPCAborted

_QUESTION = re.compile(
    r"([A-Za-z0-9_][A-Za-z0-9._+\-]*(?::[a-z0-9][a-z0-9\-]*)?)\s*(?:(<=|>=|==|!=|<|>|=)\s*([A-Za-z0-9][A-Za-z0-9._+~^:\-]*))?",
    re.ASCII,
)


def parse_question(text: str) -> tuple[str, str | None, str]:
    """Package, operator and version of `openssl<3.0.13`; without one, operator None and an empty version. Raises RPCAborted."""
    found = _QUESTION.fullmatch(text.strip())
    if found is None:
        raise RPCAborted("package() wants a package, or one and a version to compare with, as openssl or openssl<3.0.13")
    return found[1], found[2], found[3] or ""
