"""Ruby DDLs: a DDL is read or refused by a DDLError with its place, in bounded time; what is read is written and read again."""

from pathlib import Path

from mcollective_py.ddl.doc import any_doc
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.model import DDL
from mcollective_py.ddl.rubyddl import decode_ruby, plugin_from_ruby
from mcollective_py.ddl.validate import can_check
from mcollective_py.ddl.write import ddl_to_yaml
from mcollective_py.errors import DDLError
from tests.fuzz.mutation import fuzz

SEEDS = tuple(file.read_bytes() for file in sorted((Path(__file__).parents[1] / "ddl" / "ruby").glob("*.ddl")))
WORDS = (b"do\n", b"end\n", b"[\"a\", \"b\"].each do |act|\n", b"#{act}", b"#{", b"}", b"%w{", b"<<-EOS\n", b"EOS\n", b"<<~'X'\n",
         b":validation => ", b"/(a*)*/", b"x = ", b"x = [x, x]\n", b"x = x + x\n", b".capitalize", b".gsub(/a/, \"aaaa\")", b".join(",
         b"=begin\n", b"=end\n", b"__END__\n", b"\\\n", b"if ", b"[[[[[[[[", b"{{{{{{{{", b"((((((((", b"=> ", b"key: ", b"|a, b|",
         b"action \"", b"input :", b"output :", b"summarize do aggregate summary(:", b"$x", b"`id`", b"%r{", b"?a",
         b"\\u{110000}")  # fmt: skip


def check(data: bytes) -> bool:
    try:
        found = plugin_from_ruby(decode_ruby(data), "fuzzed", "fuzzed.ddl")
    except DDLError as error:
        assert str(error).startswith("fuzzed: fuzzed.ddl:"), f"no place: {error}"
        return False
    any_doc(found)
    if isinstance(found, DDL):
        written = ddl_to_yaml(found)
        wanted = [one.validation for action in found.actions.values() for one in action.inputs.values()]
        if all(validation is None or can_check(validation) for validation in wanted):
            assert ddl_from_yaml(written, "fuzzed") == found, "what was written is another DDL"
    return True


if __name__ == "__main__":
    fuzz("rubyddl", check, SEEDS, WORDS)
