"""What to assert of an answer: of a harness' reply or of a client's result. Each gives the answer's data, for more of it."""

import re
from collections.abc import Mapping
from typing import Any, Protocol


class Answer(Protocol):
    """A Reply or an RPCResult."""

    @property
    def statuscode(self) -> int: ...

    @property
    def statusmsg(self) -> str: ...

    @property
    def refusal(self) -> str | None: ...

    @property
    def data(self) -> Mapping[str, Any]: ...


def assert_ok(answer: Answer, **data: Any) -> Mapping[str, Any]:
    """The action did what was asked; data: outputs, as for assert_data."""
    assert (answer.statuscode, answer.refusal) == (0, None), f"not OK: {_said(answer)}"
    return assert_data(answer, **data)


def assert_failed(answer: Answer, statuscode: int | None = None, message: str = "") -> Mapping[str, Any]:
    """It did not. statuscode: which, None for any but 0. message: a regular expression that its message has somewhere."""
    wanted = "a failure" if statuscode is None else f"status {statuscode}"
    is_wanted = answer.statuscode != 0 if statuscode is None else answer.statuscode == statuscode
    assert is_wanted, f"not {wanted}: {_said(answer)}"
    assert re.search(message, answer.statusmsg), f"no {message!r} in: {_said(answer)}"
    return answer.data


def assert_aborted(answer: Answer, message: str = "") -> Mapping[str, Any]:
    """Status 1: the action ran and gave up."""
    return assert_failed(answer, 1, message)


def assert_missing(answer: Answer, message: str = "") -> Mapping[str, Any]:
    """Status 3: an input is missing."""
    return assert_failed(answer, 3, message)


def assert_invalid(answer: Answer, message: str = "") -> Mapping[str, Any]:
    """Status 4: an input is not what the DDL allows."""
    return assert_failed(answer, 4, message)


def assert_refused(answer: Answer, refusal: str = "denied", message: str = "") -> Mapping[str, Any]:
    """The host did not run it at all: `denied`, `busy`, `unknownagent`, ..."""
    assert answer.refusal == refusal, f"not refused as {refusal}: {_said(answer)}"
    return assert_failed(answer, None, message)


def assert_data(answer: Answer, **data: Any) -> Mapping[str, Any]:
    """These outputs are there with these values; a value may be a type, or a compiled regular expression that must match all of it."""
    for name, wanted in data.items():
        assert name in answer.data, f"there is no output {name}: {_said(answer)}"
        value = answer.data[name]
        if isinstance(wanted, type):
            assert isinstance(value, wanted), f"{name} is {value!r}, which is no {wanted.__name__}"
        elif isinstance(wanted, re.Pattern):
            assert isinstance(value, str) and wanted.fullmatch(value), f"{name} is {value!r}, which {wanted.pattern!r} does not match"
        else:
            assert value == wanted, f"{name} is {value!r}, not {wanted!r}"
    return answer.data


def _said(answer: Answer) -> str:
    refused = f", refused as {answer.refusal}" if answer.refusal else ""
    return f"status {answer.statuscode}{refused}, {answer.statusmsg!r}, outputs {dict(answer.data)!r}"
