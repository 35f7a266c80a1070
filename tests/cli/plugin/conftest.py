"""New plugins to be looked at, changed and packed."""

import argparse
from pathlib import Path

import pytest

from mcollective_py.cli.applications.plugin import Plugin
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.cli.plugin.generating import generate


def options_of(*words: str) -> argparse.Namespace:
    """The options as `mco plugin` reads them."""
    return parse(parser_for("plugin", Plugin()), words)


@pytest.fixture
def plugin(tmp_path, capsys):
    """`plugin("agent", "greeter", "--actions", "greet")` makes one below tmp_path/lib and gives its folder."""

    def make(kind: str, name: str, *words: str) -> Path:
        folder = {"agent": "agents", "validator": "validators", "aggregate": "aggregates"}.get(kind, kind)
        top = tmp_path / "lib" / folder
        assert generate([kind, name], None, options_of("generate", "-o", str(top), *words)) == 0
        capsys.readouterr()
        return top / name

    return make


@pytest.fixture
def options():
    return options_of
