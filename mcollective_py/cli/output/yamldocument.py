"""`--format yaml`: the document of --json in YAML, plain types only."""

from typing import Any

from ...client.results import RPCResult
from ...ddl.model import DDL
from ...wire.plainjson import plain_json
from ..render import Style
from .base import Ending
from .jsondocument import call_document


class YAMLDocument:
    """One document. Whatever is not plain ASCII is escaped, as in JSON."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._results: list[RPCResult] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        self._results.append(result)
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        return yaml_text(call_document(self._results, ending))


def yaml_text(document: Any) -> str:
    """A value as YAML, keys in their order, nothing shared by anchors; half a surrogate pair is written out, as `\\udc80`."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml is ten times as fast

    class Dumper(base):  # type: ignore[misc]  # which of the two is known at run time only
        def ignore_aliases(self, data: object) -> bool:
            return True

    text: str = yaml.dump(_encodable(plain_json(document)), Dumper=Dumper, sort_keys=False, allow_unicode=False, width=100_000)
    return text


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, list) else value
