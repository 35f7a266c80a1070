from collections.abc import Mapping
from typing import Any

from mcollective_py.node.textfacts import TextFacts


class Native:
    """Facts with the types that a source gives."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.loads = 0

    def load(self) -> Mapping[str, Any]:
        return {"cpus": 4, "virtual": True, "load": 0.10, "swap": None, "os": {"major": 12, "names": ["a", 1, None]}}

    def fingerprint(self) -> object:
        return ("stamp", 1)


def test_every_scalar_is_the_text_that_ruby_makes_of_it_and_structures_stay() -> None:
    assert TextFacts(Native({})).load() == {
        "cpus": "4",
        "virtual": "true",
        "load": "0.1",
        "swap": "",
        "os": {"major": "12", "names": ["a", "1", ""]},
    }


def test_its_fingerprint_is_that_of_the_source() -> None:
    assert TextFacts(Native({})).fingerprint() == ("stamp", 1)
