"""What a query of package() asks."""

import pytest

from agents.package.data.package.question import parse_question
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
