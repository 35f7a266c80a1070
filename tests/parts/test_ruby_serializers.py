"""Ours beside Ruby's own serializers: the same values, types included, whoever writes and whoever reads."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Regexp, Symbol
from tests.parts.rubyprocess import Compared, RubyProcess
from tests.parts.rubyvalues import RubyValues, canonical

pytestmark = pytest.mark.parts

SEED = 20121120
VALUES = 100_000
BATCH = 2_000


@pytest.fixture(scope="module")
def ruby() -> Iterator[RubyProcess]:
    with RubyProcess() as process:
        yield process


def compared(ruby: RubyProcess, serializer: str, dumps: Callable[[Any], bytes]) -> Iterator[tuple[bytes, bytes, Compared]]:
    """The canonical text of VALUES generated values, ours of each, and what Ruby made of that; Ruby is busy with the next ones."""
    source, before = RubyValues(SEED), None
    for _ in range(VALUES // BATCH):
        values = [source.value() for _ in range(BATCH)]
        batch = [canonical(value) for value in values], [dumps(value) for value in values]
        found = ruby.compared() if before else []
        ruby.ask("compare", serializer, *batch[1])
        if before:
            yield from zip(*before, found, strict=True)
        before = batch
    assert before is not None
    yield from zip(*before, ruby.compared(), strict=True)


def test_a_hundred_thousand_values_mean_the_same_in_marshal_both_ways(ruby):
    count = links = encodings = defaults = 0
    for wanted, ours, found in compared(ruby, "marshal", marshal.dumps):
        assert found.canonical == wanted, f"Ruby reads ours otherwise: {ours!r}"
        assert canonical(marshal.loads(ours)) == wanted, f"we read ours otherwise: {ours!r}"
        assert canonical(marshal.loads(found.dumped)) == wanted, f"we read Ruby's otherwise: {found.dumped!r}"
        assert canonical(marshal.loads(found.varied)) == wanted, f"we read Ruby's otherwise: {found.varied!r}"
        count += 1
        links += b"@" in found.varied
        encodings += b":\rencoding" in found.varied
        defaults += b"}" in found.varied
    assert count == VALUES
    assert min(links, encodings, defaults) > VALUES // 10, "the variations do not vary"


def test_ruby_itself_tells_what_a_value_is(ruby):
    value = [None, True, 3, 2**40, 0.1, "é", b"\xff", Symbol("ok"), Regexp("a/b", 1), {"a": []}]
    (found,) = ruby.compare("marshal", marshal.dumps(value))
    assert found.canonical == b"[nti3;i1099511627776;d3fb999999999999as2:\xc3\xa9b1:\xffy2:okr1,3:a/b{s1:a[]}]"


def test_ours_is_what_ruby_writes(ruby):
    value = {Symbol("statuscode"): 0, Symbol("data"): {Symbol("žluť"): [1.5, -(2**31), "é", b"\0", Symbol("data"), Regexp("é", 1)]}}
    (found,) = ruby.compare("marshal", marshal.dumps(value))
    assert marshal.dumps(value) == found.dumped.replace(b"I/\x07\xc3\xa9\x11", b"I/\x07\xc3\xa9\x01")  # its bit 16 says: not ASCII


def test_every_packed_integer_and_float_is_written_as_ruby_writes_it(ruby):
    integers = [*range(-70_000, 70_000, 7), *range(-300, 300), *(2**bits for bits in range(70)), *(-(2**bits) for bits in range(70))]
    numbers = [*integers, *(1.5 * 10.0**power for power in range(-320, 308)), 1e2, 1e15, 1e16, 0.0001]
    texts = [marshal.dumps(number) for number in numbers]
    assert [found.dumped for found in ruby.compare("marshal", *texts)] == texts


# What Ruby 1.8 wrote: the text of a float and, where that was not exact, the rest of its bits.
@pytest.mark.parametrize(
    "text",
    [
        b"1.1000000000000001\x00\x99\x9a",
        b"-0.10000000000000001\x00\x99\x9a",
        b"3.2999999999999998\x00ff",
        b"1.0000000000000001e+300\x00\x15\x9c",
        b"1.5\x00\x80",
        b"4.9406564584124654e-324\x00\x01",
        b"17\x00\x01",
        b"0\x00\x01",
    ],
)
def test_the_old_floats_with_bytes_behind_are_read_as_ruby_reads_them(ruby, text):
    data = b"\x04\x08f" + bytes((len(text) + 5,)) + text
    (found,) = ruby.compare("marshal", data)
    assert canonical(marshal.loads(data)) == found.canonical


def test_every_kind_of_ruby_object_is_refused_by_its_name(ruby):
    refused = {}
    for name, data in ruby.objects().items():
        with pytest.raises(Malformed) as error:
            marshal.loads(data)
        refused[name] = str(error.value)
    plain = "is not taken: only plain data are"
    assert refused == {
        "struct": f"a Ruby struct (Point) {plain}",
        "object": f"a Ruby object (Thing) {plain}",
        "class": f"a Ruby class (Thing) {plain}",
        "module": f"a Ruby module (Extra) {plain}",
        "string of a class": f"a string, array or hash of another class (Text) {plain}",
        "hash of a class": f"a string, array or hash of another class (Table) {plain}",
        "extended": f"a value extended by a module (Extra) {plain}",
        "time": f"a Ruby object that dumps itself (Time) {plain}",
        "date": f"a Ruby object that dumps itself (Date) {plain}",
        "rational": f"a Ruby object that dumps itself (Rational) {plain}",
        "complex": f"a Ruby object that dumps itself (Complex) {plain}",
        "set": f"a Ruby object (Set) {plain}",
        "range": f"a Ruby object (Range) {plain}",
        "exception": f"a Ruby object (IOError) {plain}",
        "big decimal": f"a Ruby object that dumps itself (BigDecimal) {plain}",
        "by identity": f"a string, array or hash of another class (Hash) {plain}",
        "circle": "a value that contains itself",
        "marked string": f"a string with instance variables {plain}",
        "inside": f"a Ruby object (Thing) {plain}",
    }
