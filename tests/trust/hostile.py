"""Some 500 strings that have run, written or opened something in programs that met them; and where an agent takes strings.

All of what would run is the program CANARY, or a `touch` of a file in a folder of the test's: whoever calls an action with these has
lost where either was reached.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mcollective_py.ddl.model import DDL, Input
from mcollective_py.ddl.validate import check_input
from mcollective_py.ddl.validators import VALIDATORS, Validator

CANARY = "mcocanary"  # a program on the path that leaves a file behind

_SHELL = (
    "{}", ";{}", "; {} #", "a;{}", "a; {};", "&{}", "&& {}", "a&&{}", "|{}", "|| {}", "a|{}", "a||{}", "$({})", "a$({})b", "`{}`",
    "a`{}`b", "<({})", ">({})", "$(<{})", "\n{}", "a\n{}", "a\n{}\n", "\r{}", "a\r\n{}\r\n", "\0{}", "a\0{}", "'; {}; '", "'$({})'",
    '"; {}; "', '"$({})"', '"`{}`"', "a' || {} || '", 'a" && {} && "', "\\;{}", "\\\n{}", "{{{},}}", "${{IFS}}{}", "a;${{IFS}}{}",
    "${{X:-$({})}}", "$'\\n'{}", "() {{ :;}}; {}", "!{}", "!!;{}", "#\n{}", "%0a{}", "%0d%0a{}", "%3b{}", "\\x3b{}", "\\u003b{}",
    "\\073{}", "\\n{}", "eval {}", "exec {}", "sh -c {}", "a & {} &", "a\t;\t{}", "\x0b{}", "\x0c{}", "\x1c{}", "\x85{}", "\u2028{}",
    "\u2029{}", "；{}", "｜{}", "＄({})", "｀{}｀", "\u00a0;{}", "\ufeff;{}", "\u200b;{}", "a\b;{}", "#{{`{}`}}", "<%= `{}` %>",
    "{{{{ {} }}}}", "%x({})", "__import__('os').system('{}')", "system('{}')", "=cmd|'{}'!A0", "@{}", "+{}", "| {} |", "a=$({})",
)  # fmt: skip
_OPTIONS = (
    "-{}", "--{}", "-e {}", "-c {}", "-o{}", "-o ProxyCommand={}", "-oProxyCommand={}", "--exec={}", "--eval={}", "--command={}",
    "--config={}", "--rcfile={}", "--use-askpass={}", "-oDpkg::Pre-Invoke::={}", "-oAPT::Update::Pre-Invoke::={}", "-o=Dir::Etc={}",
    "--setopt=pluginpath={}", "--root={}", "--installroot={}", "--prerun_command={}", "--confdir={}", "--vardir={}", "-H {}",
    "--host=root@{}", "-M {}", "--property=ExecStart={}", "--to-command={}", "--checkpoint-action=exec={}", "-I {}", "-exec {}",
    "-- {}", "--\n{}", "-\0{}", "\u2010-{}", "\u2212{}", "\u2014{}", " -o {}", "\t--exec={}", "a -o {}", "a --exec={}", "={}", "a={}",
    "==={}", "=-o{}", "a=b --exec={}", "LD_PRELOAD={}", "PATH={}", "BASH_ENV={}", "PYTHONSTARTUP={}",
)  # fmt: skip
_PLACES = (
    "../{}", "../../../../../../{}", "a/../../{}", "..\\..\\{}", "/{}", "//{}", "/proc/self/root{}", "/proc/self/exe;{}",
    "/proc/self/fd/0", "/dev/tcp/127.0.0.1/1/{}", "/dev/stdin", "/dev/zero", "/etc/passwd", "/etc/shadow", "~/.ssh/id_rsa",
    "~/{}", "~root/{}", "./{}", ".", "..", "/", "/.", "/..", "\\\\host\\{}", "file://{}", "http://127.0.0.1:1/{}",
    "gopher://127.0.0.1:1/_{}", "data:,{}", "%2e%2e/{}", "..%2f{}", "..;/{}", "..%00/{}", "..\u2215{}", "\uff0e\uff0e/{}", "*{}",
    "?{}", "[!a]{}", "{{a,b}}{}", "**/{}", "CON", "a:{}", "::{}",
)  # fmt: skip
_TEXTS = (
    "\x1b[2J{}", "\x1b]0;{}\x07", "\x1b]52;c;{}\x07", "\x1bP{}\x1b\\", "\x9b2J{}", "\x07{}", "\x7f{}", "a\x08\x08{}", "\u202e{}",
    "\u2066{}", "\u200d{}", "\u0430{}", "\u212a{}", "\u0130{}", "e\u0301{}", "\U0001f4a9{}", "\ud800{}", "\udcff{}", "\ufffe{}",
    "\U0010ffff{}", "%s%n{}", "%(x)s{}", "{{0.__class__}}{}", "${{jndi:ldap://127.0.0.1/{}}}", "<script>{}</script>",
    "<!ENTITY x SYSTEM '{}'>", "' OR 1=1 --{}", "!ruby/object:Gem::Requirement {}", "!!python/object/apply:os.system ['{}']",
    "cos\nsystem\n(S'{}'\ntR.", "\x04\bo:{}", "]]>{}", "*/{}",
)  # fmt: skip
_PLAIN = (
    "", " ", "  ", "\t", "\n", "\0", "-", "--", "---", "=", "==", "0", "-0", "-1", "1e999", "NaN", "inf", "9" * 30, "0x41", "1_000",
    "\u0661", "true", "nil", "None", "null", "undefined", "[]", "{}", "a" * 90, "a" * 91, "a" * 5000, "-" * 300, "../" * 300,
    "\U0001f4a9" * 300, "(" * 200, "(a+)+$", "(a|a)*b", "(?:(?:a*)*)*c", "[" * 100, "\\", "\\\\", "a\\", "(?P<x", "{1,99999}",
    "a{65535}{65535}", ".*" * 24, "^(.|\n)*$", "a" * 48 + "!", "*" * 200, "?" * 200, "a,b,,", ",", ",,,,", "a,,-b", "a,--exec=x",
    "a b", "a\u3000b", "a@b", "@", "a@", "@a", "a.service/../b", "\x7f" * 40, "%" * 80, "%i%h%%", "$1", "$$", "$0", "$ARG1$",
    "$USER1$", "!", "a!b", "!!!!", "127.0.0.1;a", "127.0.0.1:99999", "::1%lo", "[::1", "a" * 64 + ".b", "a..b", ".a", "a.", "_._._",
    "xn--", "0177.1", "2130706433", "http://", "http://[", "https://a@127.0.0.1:1/\r\nX: y", "http://127.0.0.1:1\\@127.0.0.2/",
    "https://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://\u2474/", "http://a%00b:1/",
)  # fmt: skip


def corpus(folder: str) -> tuple[str, ...]:
    """The strings, each once. folder: where their `touch` writes."""
    touch, spaceless = f"touch {folder}/touched", f"touch${{IFS}}{folder}/touched"
    made = [wrapping.format(CANARY) for wrapping in (*_SHELL, *_OPTIONS, *_PLACES, *_TEXTS)]
    made += [wrapping.format(touch) for wrapping in (*_SHELL, *_OPTIONS)]
    made += [wrapping.format(f"{folder}/touched") for wrapping in (*_PLACES, *_OPTIONS)]
    made += [wrapping.format(spaceless) for wrapping in _SHELL[:20]]
    return tuple(dict.fromkeys((*made, *_PLAIN)))


@dataclass(frozen=True)
class Place:
    """One input of one action, and what is sent beside it. words: of an array, those before the text."""

    agent: str
    action: str
    input: str
    type: str
    others: Mapping[str, Any]
    words: tuple[str, ...] = ()

    def inputs(self, text: str) -> dict[str, Any]:
        """All inputs of a call with this text in its place: itself, or an element, or a key's value."""
        array = [*self.words, text]
        value: Any = array if self.type == "array" else {"X": text} if self.type == "hash" else text
        return {**self.others, self.input: value}

    def __str__(self) -> str:
        return f"{self.agent} {self.action} {self.input}"


def places(
    ddl: DDL,
    validators: Mapping[str, Validator] = VALIDATORS,
    good: Mapping[str, Any] | None = None,
    beside: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Place]:
    """Every input of every action: also numbers and choices, where a text must be refused.

    good: values by the input's name, where the usual ones are none. beside: by the action's name, optional inputs to send too.
    """
    for action in ddl.actions.values():
        others = {one.name: _good(one, validators, good or {}) for one in action.inputs.values() if not one.optional}
        others |= (beside or {}).get(action.name, {})
        free = [(name, "string") for name in ("ensure", "provider") if action.additional_inputs]
        for name, type_name in [(one.name, one.type) for one in action.inputs.values()] + free:
            rest = {other: value for other, value in others.items() if other != name}
            yield Place(ddl.metadata.name, action.name, name, type_name, rest)


_GOOD = (
    "web1", "1", 1, 1.0, True, "a,b", "/srv/files/file", "127.0.0.1", "http://127.0.0.1:1/", "0" * 64, "1abcde-0000aa-00",
    "a@b.example", "eA==", "0123456789ab", "0" * 32, ["a"], {"a": "b"},
)  # fmt: skip


def _good(one: Input, validators: Mapping[str, Validator], good: Mapping[str, Any]) -> Any:
    """A value that an input takes."""
    for value in (good.get(one.name), one.default, *one.choices[:1], *_GOOD):
        try:
            if value is not None:
                check_input(one, value, validators)
                return value
        except ValueError:
            continue
    raise AssertionError(f"which value does the input {one.name} take? _GOOD has none that passes")
