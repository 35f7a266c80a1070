"""Ours beside Ruby's own serializers: the same values, types included, whoever writes and whoever reads."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.wire import marshal, rubyyaml
from mcollective_py.wire.symbol import Regexp, Symbol
from tests.parts.rubyprocess import Compared, RubyProcess
from tests.parts.rubyvalues import TEXTS, RubyValues, canonical

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


def read_yaml(text: bytes) -> bytes:
    """The canonical text of what we read, or `!` where it is refused."""
    try:
        return canonical(rubyyaml.loads(text))
    except Malformed:
        return b"!"


def test_a_hundred_thousand_values_mean_the_same_in_yaml_both_ways(ruby):
    # Twenty in a document: reading one costs Ruby as much as ten values do.
    source, together = RubyValues(SEED), 20
    alike, before = 0, None
    for _ in range(VALUES // BATCH):
        lists = [[source.value() for _ in range(together)] for _ in range(BATCH // together)]
        wanted, texts = [canonical(values) for values in lists], [rubyyaml.dumps(values) for values in lists]
        rereads = ruby.compared() if before else []
        ruby.ask("compare", "yaml", *texts)
        for text, again in zip(before or [], rereads, strict=True):
            assert read_yaml(text) == again.canonical, f"we read Ruby's otherwise: {text!r}"
        for text, want in zip(texts, wanted, strict=True):
            assert read_yaml(text) == want, f"we read ours otherwise: {text!r}"
        answers = ruby.compared()
        before = [found.dumped for found in answers]
        # Ruby itself does not read all that it writes as what it was: the symbol :"\"a\"" comes back as :a. What counts is its reading.
        ruby.ask("compare", "yaml, only read", *before)
        for text, want, found in zip(texts, wanted, answers, strict=True):
            assert found.canonical == want, f"Ruby reads ours otherwise: {text!r}"
            alike += found.dumped == text
    for text, again in zip(before or [], ruby.compared(), strict=True):
        assert read_yaml(text) == again.canonical, f"we read Ruby's otherwise: {text!r}"
    assert not alike, "Ruby writes as we do: then this compares nothing"


def test_forty_thousand_scalars_are_what_ruby_takes_them_for(ruby):
    source = random.Random(SEED)
    signs = "0123456789.:-+_,eExba TZ\"'\n/noy~sulitr\u00e9\u017f\ufb00#<=!"
    texts = list(TEXTS)
    while len(texts) < 40_000:
        text = list(source.choice(TEXTS)[:30]) if source.random() < 0.6 else []
        for _ in range(source.randrange(1, 6)):
            at = source.randrange(len(text) + 1)
            text[at : at + source.randrange(2)] = source.choice(signs)
        texts.append("".join(text))
    # An exclamation mark makes a scalar in quotes what it would be without them: so each character can be in it.
    documents = [b"--- ! " + rubyyaml.dumps(text)[4:] for text in texts]
    for text, document, found in zip(texts, documents, ruby.compare("yaml, only read", *documents), strict=True):
        wanted = b"!" if found.canonical.startswith(b"!") else found.canonical
        assert read_yaml(document) == wanted, f"Ruby takes {json.dumps(text)} for {found.canonical!r}"


@pytest.mark.parametrize(
    "text",
    [
        "--- !ruby/object:Object {}", "--- !ruby/object:Gem::Installer\ni: x\n", "--- !ruby/struct:Point\nx: 1\n",
        "--- !ruby/range 1..2", "--- !ruby/class String", "--- !ruby/exception:IOError\nmessage: a\n",
        "--- !ruby/object:Set\nhash: {}\n", "--- 2024-01-01", "--- 2024-01-01 10:00:00 Z", "--- !ruby/object:BigDecimal 18:0.1e1",
        "--- !ruby/object:Rational\ndenominator: 1\nnumerator: 1\n", "--- !ruby/string:Text a", "--- !ruby/array:Table []",
        "--- !ruby/hash:Table {}", "--- [&a 1, *a]", "--- !!set {a: }", "--- &a [*a]", '--- "\\ud800"', "--- a: b: c", "--- [",
        "--- \x00", "--- 0x_", "--- .e+1", "--- !float x", "--- !ruby/regexp x",
    ],
)  # fmt: skip
def test_what_ruby_refuses_in_yaml_is_refused(ruby, text):
    (found,) = ruby.compare("yaml", text.encode())
    assert found.canonical.startswith(b"!"), "Ruby takes it"
    with pytest.raises(Malformed):
        rubyyaml.loads(text.encode())
