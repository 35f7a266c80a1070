"""Command lines: each command's parser takes them or says what is wrong; a filter never means more hosts than its words."""

import contextlib
import io
from pathlib import Path

from mcollective_py.cli.commands import load_application, own_file
from mcollective_py.cli.inert import inert
from mcollective_py.cli.options import Parser, parse, parser_for
from mcollective_py.cli.sections.filters import filter_of, has_filter
from mcollective_py.errors import MCollectiveError
from tests.fuzz.mutation import fuzz

FOLDER = Path(__file__).parents[2] / "mcollective_py/cli/applications"
NAMES = sorted(file.stem for file in FOLDER.glob("[a-z]*.py"))
SEEDS = (
    b"rpc\0service\0restart\0service=exim4\0-F\0os.family=Debian\0-W\0role::web country=uk\0--batch\x0010\0--batch-sleep\x002\0-j",
    b"find\0-S\0(country=uk and role::web) or not /^mail/\0-I\0web[01-20]\0-C\0/x/\0-v",
    b"ping\0-t\x002.5\0--dt\x001\0-T\0eu\0--ttl\x0060",
    b"rpc\0rpcutil\0ping\0--limit\x0010%\0--format\0jsonl\0--display\0failed",
    b"inventory\0web1",
    b"audit\0query\0--caller\0alice*\0--since\x002h\0/var/log/x",
    b"facts\0country\0--dm\0flatfile\0--do\0x",
)
WORDS = (b"\0", b"\0--", b"\0-", b"\0-F\0", b"\0-S\0", b"\0-I\0", b"\0-W\0", b"\0-C\0", b"\0--limit\0", b"\0--batch\0",
         b"\0-t\0", b"\0--dt=", b"=", b"nan",
         b"-1", b"1e9", b"100%", b"/(a*)*b/", b"web[1-99999999]", b"[", b"(" * 50, b"not ", b"\x1b[2J", b"\xff", b"\0--help", b"\0-h",
         b"\0--json", b"\0--strict", b"pql:", b"group:x", *(name.encode() + b"\0" for name in NAMES))  # fmt: skip


def main() -> None:
    applications = {name: load_application(name, own_file(name) or "") for name in NAMES}

    def taken(name: str, words: list[str]) -> bool:
        application = applications[name]
        parser: Parser = parser_for(name, application)
        application.check_words(words, parser)
        options = parse(parser, words)
        if "filter" in application.sections:
            found = filter_of(options)
            assert found.agents or not (has_filter(options) and found.is_empty), "words were given, and the filter means everybody"
        return True

    def check(data: bytes) -> bool:
        name, *words = (part.decode("utf-8", "surrogateescape") for part in data[:20_000].split(b"\0"))
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                return taken(name if name in applications else "rpc", words)
        except MCollectiveError as error:
            text = inert(f"mco: {error}", keep_lines=True)
            assert "\x1b" not in text and text.strip()
            return False
        except SystemExit as left:  # --help
            assert left.code == 0
            return True

    fuzz("cli", check, SEEDS, WORDS)


if __name__ == "__main__":
    main()
