"""What a query of package() asks."""

import json

import pytest

from agents.package.data.package.data import Version
from agents.package.data.package.question import parse_question
from agents.package.versions import compare_dpkg
from mcollective_py.errors import RPCAborted


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("openssl", ("openssl", None, "")),
        ("openssl<3.0.13", ("openssl", "<", "3.0.13")),
        ("openssl >= 1:3.0.13-1~deb12u1", ("openssl", ">=", "1:3.0.13-1~deb12u1")),
        ("libc6:i386!=2.36", ("libc6:i386", "!=", "2.36")),
        ("g++==4:12.2", ("g++", "==", "4:12.2")),
    ],
)
def test_a_query_names_a_package_and_how_its_version_is_to_be(query, question):
    assert parse_question(query) == question


@pytest.mark.parametrize("query", ["", "-x", "openssl<", "<3", "openssl<3;id", "a b", "openssl<3\nx", "openssl<>3"])
def test_anything_else_is_refused(query):
    with pytest.raises(RPCAborted, match=r"openssl<3\.0\.13"):
        parse_question(query)


def test_an_installed_version_is_compared_as_the_package_system_does():
    installed = Version("1.10", compare_dpkg)
    assert installed == "1.10" and json.dumps(installed) == '"1.10"'
    assert [installed.order(other) for other in ("1.9", "1.10", "1.11")] == [1, 0, -1]
    with pytest.raises(ValueError, match="a b"):
        installed.order("a b")
