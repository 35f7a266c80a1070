"""Real Ruby reads the same DDLs: what MCollective's own classes make of a file is what our reader makes of it."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.ddl.rubyddl import decode_ruby, plugin_from_ruby
from mcollective_py.ddl.rubyentities import declared, kind_of
from mcollective_py.ddl.searched import searched
from mcollective_py.ddl.validators import CannotCheck, check_regex
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Regexp, Symbol
from tests.parts.require import require_programs

pytestmark = pytest.mark.parts

RUBY_FILES = Path("/usr/lib/ruby/vendor_ruby/mcollective")
OUR_FILES = Path(__file__).parents[1] / "ddl" / "ruby"


class Oracle:
    """One Ruby process that answers a line of JSON with a line of JSON."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the Ruby process has ended"
        found: dict[str, Any] = json.loads(answer)
        return found


@contextmanager
def oracle() -> Iterator[Oracle]:
    require_programs("ruby", file=str(RUBY_FILES / "ddl.rb"))
    command = ["ruby", str(Path(__file__).with_name("rubyddl.rb"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield Oracle(process)
        finally:
            process.kill()


def marked(value: Any) -> Any:
    """A value as the Ruby process writes it: symbols and regular expressions marked, hashes as pairs."""
    if isinstance(value, Symbol):
        return {"symbol": str(value)}
    if isinstance(value, Regexp):
        return {"regexp": value.source, "options": value.options}
    if isinstance(value, dict):
        return {"pairs": [[str(key), marked(item)] for key, item in value.items()]}
    return [marked(item) for item in value] if isinstance(value, list) else value


def ours(text: str) -> dict[str, Any]:
    calls = read_calls(text, "x", "x.ddl")
    found = declared(calls, kind_of(calls), "x", "x.ddl")
    return {
        "kind": found.kind,
        "meta": marked(found.metadata),
        "requirements": marked(found.requirements),
        "entities": marked(found.entities),
        "usage": found.usage,
    }


def test_every_ddl_of_the_packages_and_of_the_field_is_read_as_ruby_reads_it() -> None:
    with oracle() as ruby:
        files = [*sorted(RUBY_FILES.rglob("*.ddl")), *sorted(OUR_FILES.glob("*.ddl"))]
        assert len(files) >= 30
        for file in files:
            text = decode_ruby(file.read_bytes())
            found = ours(text)
            assert ruby.ask(ddl=text, kind=found["kind"]) == found, file
            plugin_from_ruby(text, "x", file.name)  # and it is a DDL of ours


HEAD = 'metadata :name => "a", :description => "b", :author => "c", :license => "d", :version => "e", :url => "f", :timeout => 1\n'
VALUES = [
    r""" "\u{41 42}\ttab#notinterp #x \#{no}\s\0\x7e\176\e[0m" """,
    r""" 'it\'s \n \\ #{no}' 'next' "to #{:it}#{1.0}#{nil}#{true}#{[1, :b].join("-")}" """,
    r""" %w(a\ b \n \\ c\)d (x y)) + %w[#{no}] """,
    r""" %q[a \] b \\ c \d [nest]] + %(a "b" (c)) + %Q{#{"}"}{ }} """,
    r""" [:"quoted sym", :a?, %i[a b], /a\/b.#x/mi, %r{a/b{1,2}\/c}, {a: 1, "b": 2, "c" => nil, :d => [nil, {}]}] """,
    r""" [1, -2.5, 1e3, 0b11, 0o17, 017, 0xfF, 1_000, 2 + 3 * 4, (2 + 3) * 4, 1.5 + 1] """,
    r""" ["HELLO wORLD".capitalize, "a.b.c".gsub(".", "-").sub(/^A/i, "Z"), "stop".sub(/p$/, 'pp'), "x y".gsub(/[ _]/, "")] """,
    r""" ["a\n".sub(/a\Z/, "b"), "a\n".sub(/a\z/, "b"), "ab\ncd".gsub(/^./, "-"), "a-b".gsub(/\W/, "_"), "\n".gsub(/./, "x")] """,
    r""" [" pad\n".strip, "line\r\n".chomp, :sym.to_s.upcase, "a".to_sym, :Abc.downcase, nil.to_s, "é".upcase, "ß".capitalize] """,
    "<<A + <<'B' + <<~\"C\" + <<-D\none \\t #{1 + 1}\nA\ntwo \\t #{no}\nB\n"
    "   three\n      four \\\n   five\n\tsix\n     \n\nC\n  e \\\nf\n  D\n",
    "<<~A\n\t\ttabs\n            spaces\n\n        \tboth\nA\n",
    '"over\nlines \\\njoined"',
]


def test_every_literal_is_what_ruby_makes_of_it() -> None:
    with oracle() as ruby:
        for value in VALUES:
            output = f'output :o, :description => "d", :display_as => "D", :default => {value}\n'
            text = f'{HEAD}action "a", :description => "d" do\n{output}end\n'
            assert ruby.ask(ddl=text, kind="agent") == ours(text), value


REFUSED = [
    'action "a"',
    'action "a", :display => 1',
    'action "a", :description => "d" do\ndisplay "always"\nend',
    'action "a", :description => "d" do\noutput :o, :description => "d"\nend',
    'action "a", :description => "d" do\ninput :i, :prompt => "p", :description => "d", :type => :boolean\nend',
    'action "a", :description => "d" do\ninput :i, :prompt => "p", :description => "d", :type => :string, :optional => true\nend',
    'input :i, :prompt => "p", :description => "d", :type => :boolean, :optional => true',
    'requires :mcollective => "99.0"',
    'requires :puppet => "1"',
    'nosuch "x"',
    'action "a", :description => "d" do',
    'usage "a',
    "[1].each do |x|",
]


def test_what_ruby_refuses_is_refused() -> None:
    with oracle() as ruby:
        for text in REFUSED:
            assert "error" in ruby.ask(ddl=HEAD + text, kind="agent"), text
            with pytest.raises(DDLError):
                ours(HEAD + text)


PATTERNS = [".", "^.+$", "a", "^a", "a$", "a|b", "^a|b$", "^(a|b)+$", "[^a]", r"\w{2}", "^a$|b", r"^\s*[\w\.\-]+$", r"\Aa\z", "(?i)^A$"]
TEXTS = ["", "a", "A", "b", "ab", "ba", "xax", "aab b", " a", "é", "a\n", "a\nb", "b\na", "\n", "x\nab\nx"]


def test_a_validation_lets_nothing_through_that_ruby_refuses_and_on_one_line_the_same() -> None:
    with oracle() as ruby:
        for pattern in PATTERNS:
            for text in TEXTS:
                theirs = ruby.ask(pattern=pattern, text=text)["matches"]
                try:
                    check_regex(text, searched(pattern) or "(?m:.*)")
                    taken = True
                except CannotCheck:
                    raise
                except ValueError:
                    taken = False
                assert taken == theirs if "\n" not in text else theirs or not taken, (pattern, text)
