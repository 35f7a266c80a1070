import hashlib

import pytest

from mcollective_py.server.auditchain import FileEnd, Link, chained, digest, end_of, place_of, resumed

RECORD = b'{"agent":"echo"}'
FIRST = b'{"agent":"echo","seq":1,"prev":null}\n'
SECOND = b'{"agent":"echo","seq":2,"prev":"%s"}\n' % hashlib.sha256(FIRST).hexdigest().encode()


def test_lines_are_numbered_and_each_says_what_the_one_before_it_was():
    lines, end = chained([RECORD, RECORD], Link())
    assert (lines, end) == ([FIRST, SECOND], Link(2, hashlib.sha256(SECOND).hexdigest()))
    (third,), _ = chained([RECORD], end)
    assert place_of(third) == (3, digest(SECOND))


def test_the_place_of_a_line_is_at_its_end_whatever_its_inputs_say():
    assert place_of(FIRST) == (1, None)
    assert place_of(SECOND) == (2, digest(FIRST))
    (line,), _ = chained([b'{"data":",\\"seq\\":9,\\"prev\\":null}"}'], Link(4, "ab" * 32))
    assert place_of(line) == (5, "ab" * 32)


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"{}\n", FIRST[:-1], FIRST[1:-2], b'{"seq":0,"prev":null}\n', b'{"a":{"b":1,"seq":1,"prev":null}}\n',
     SECOND[:-4] + b'"}\n',
     b'{"x":1,"seq":01,"prev":null}\n', b'{"x":1,"seq":-1,"prev":null}\n', b'{"x":1,"seq":1,"prev":"%s"}\n' % (b"G" * 64)],
)  # fmt: skip
def test_what_is_no_line_of_a_chain_has_no_place(line):
    assert place_of(line) is None


def test_the_end_of_a_file_is_its_last_line():
    assert end_of(b"") == FileEnd(None, False)
    assert end_of(FIRST + SECOND) == FileEnd(Link(2, digest(SECOND)), False)
    assert end_of(FIRST[20:] + SECOND) == FileEnd(Link(2, digest(SECOND)), False)
    assert end_of(b'{"of":"an older form"}\n') == FileEnd(None, False)


def test_a_torn_line_is_no_part_of_the_chain():
    assert end_of(FIRST + b'{"agent":"ec') == FileEnd(Link(1, digest(FIRST)), True)
    assert end_of(FIRST + b'{"agent":"ec\n') == FileEnd(Link(1, digest(FIRST)), False)


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("known", "found", "is_empty", "link", "trouble"),
    [
        (None, FileEnd(None, False), True, Link(), ""),  # nothing anywhere
        (None, FileEnd(Link(7, A), False), False, Link(7, A), ""),  # no state
        (Link(7, A), FileEnd(None, False), True, Link(7, A), ""),  # rotated
        (Link(7, A), FileEnd(Link(7, A), False), False, Link(7, A), ""),
        (Link(7, A), FileEnd(Link(9, B), False), False, Link(9, B), ""),  # the daemon was killed before it kept its place
        (Link(7, A), FileEnd(Link(7, A), True), False, Link(7, A), ""),  # a torn line
        (Link(7, A), FileEnd(Link(7, B), False), False, Link(7, A), "its last line, 7, is not the one that was written"),
        (Link(7, A), FileEnd(Link(5, B), False), False, Link(7, A), "it ends with line 5, and 7 were written"),
        (Link(7, A), FileEnd(None, False), False, Link(7, A), "its last lines are none of the audit, line 7 was to be there"),
        (None, FileEnd(None, False), False, Link(), ""),  # a log of an older form
    ],
)
def test_a_chain_goes_on_from_what_is_known_best(known, found, is_empty, link, trouble):
    assert resumed(known, found, is_empty=is_empty) == (link, trouble)
