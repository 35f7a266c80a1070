"""Compound filters as they are written: `-S "(country=uk and web) or not fstat('/etc/motd').size>0"`; text -> call stack.

    and, or, not, !, ( )            not binds before and, and before or
    fact=value                      also == != < > <= >= and =~; fact=/regex/
    role::web, /regex/              a class
    plugin('query').output=value    a data function; '..' or ".." around its query, plugin() where it needs none
    'a value'                       single or double quotes around a value with blanks, signs or parentheses

It is our own grammar: each mistake is named and shown with a mark under it, above all one that would mean more hosts.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from .callstack import MAX_TEXT, write_callstack
from .errors import FilterError
from .expression import ClassTest, DataTest, Expression, Misplaced, Test, Token, expression
from .facttest import MEANS, FactTest, is_regex

_BLANKS = re.compile(r"\s*")
_WORD = re.compile(r"[^\s()=<>!~'\"`,;&|]+")
_SIGN = re.compile(r"==|=~|!=~|!=|!~|=>|=<|<=|>=|=|<|>")
_CALL = re.compile(r"\(\s*")
_QUERY = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_CALL_END = re.compile(r"\s*\)")
_OUTPUT = re.compile(r"\.([A-Za-z0-9_]+)")
_QUOTED = re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'|\"([^\"\\]*(?:\\.[^\"\\]*)*)\"", re.DOTALL)
_ESCAPED = re.compile(r"\\(['\"\\])")
_REGEX = re.compile(r"/[^/\\]*(?:\\.[^/\\]*)*/", re.DOTALL)
_CLASS_REGEX = re.compile(r"/\S*?/(?=[\s)=<>!~]|$)")
_LATE_CALL = re.compile(r"\s+\(\s*['\")]")
_LOOK = re.compile(r"\(\?<?[=!]")
_BARE = re.compile(r"[^\s()]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FLAGS = re.compile(r"[imxo]{1,4}(?=[\s)]|$)")
_LOGIC = {"&&": "and", "&": "and", "||": "or", "|": "or"}
_BEFORE, _AFTER = 56, 20  # characters of a long expression that an error shows around the mistake


@dataclass(frozen=True, slots=True)
class _Words:
    """What mistakes are told with. whole: all of an expression. thing: what is compared with a value. without: what a negation means
    beside what it says. quoted, regex: examples.
    """

    whole: str = "compound filter"
    thing: str = "fact"
    without: str = "; it means the hosts without the fact, too"
    quoted: str = "country='United Kingdom'"
    regex: str = "country=~'^u'"
    slashes: str = "a class has no operator: a regular expression stands after a fact's =, as in country=/u/"
    connective: str = "a fact cannot be named '{}' here: give it with -F"


def _words_of(whole: str) -> _Words:
    """Those of an expression that is no filter of hosts."""
    return _Words(
        whole,
        "field",
        "",
        "name='a text'",
        "name=~'^u'",
        "a regular expression stands after a field's =, as in name=/u/",
        "a field cannot be named '{}'",
    )


def callstack_of(text: str) -> list[dict[str, Any]]:
    """The call stack that an expression says. Raises FilterError with the expression and a mark under what is wrong."""
    if not text.strip():
        raise FilterError("an empty compound filter would mean every host: leave it out or say who is meant")
    if len(text) > MAX_TEXT:
        raise FilterError(f"a compound filter may have {MAX_TEXT} characters, this one has {len(text)}")
    reader = _Reader(text)
    tokens = reader.tokens()
    places = [*reader.places, len(text.rstrip())]
    try:
        expression(tokens)
    except Misplaced as error:
        raise _wrong(text, places[error.index], error.problem) from None
    return write_callstack(tokens)


def read_expression(text: str, what: str, check: Callable[[Test], str | None]) -> Expression:
    """The tree of an expression of this grammar that is no filter of hosts: a selection of messages, say.

    what: its name in messages, `selection`. check: what is wrong with a test, in words. Raises FilterError with a mark under it.
    """
    return expression(read_tokens(text, what, check))


def read_tokens(text: str, what: str, check: Callable[[Test], str | None]) -> list[Token]:
    """The tokens of such an expression, which make a tree; arguments and errors as those of read_expression."""
    if len(text) > MAX_TEXT:
        raise FilterError(f"a {what} may have {MAX_TEXT} characters, this one has {len(text)}")
    reader = _Reader(text, _words_of(what))
    tokens = reader.tokens()
    places = [*reader.places, len(text.rstrip())]
    for token, place in zip(tokens, places, strict=False):
        if not isinstance(token, str) and (problem := check(token)):
            raise _wrong(text, place, problem, what)
    try:
        expression(tokens)
    except Misplaced as error:
        raise _wrong(text, places[error.index], error.problem, what) from None
    return tokens


def marked(error: FilterError, texts: Iterable[str]) -> FilterError:
    """The error with a mark under its culprit, in the first of these expressions that has it; else as it is."""
    for text in texts if error.culprit else ():
        if found := re.search(re.escape(error.culprit), text, re.IGNORECASE):  # names of data functions were made lower case
            return FilterError(f"{error}\n{_shown(text, found.start())}")
    return error


def _wrong(text: str, place: int, problem: str, what: str = "compound filter") -> FilterError:
    return FilterError(f"{what}: {problem}\n{_shown(text, place)}")


def _shown(text: str, place: int) -> str:
    """An expression, or what stands around a place in a long one, with a mark below that place."""
    begin, end = max(place - _BEFORE, 0), place + _AFTER
    import unicodedata  # for a mistake alone: a megabyte

    shown = "".join(sign if sign.isprintable() else "?" for sign in text[begin:end])
    before, after = "..." if begin else "", "..." if end < len(text) else ""
    width = sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in shown[: place - begin])
    return f"    {before}{shown}{after}\n    {' ' * (len(before) + width)}^"


def _between_slashes(pattern: str) -> str:
    return pattern if is_regex(pattern) else f"/{pattern}/"


class _Reader:
    """Reads the tokens of a text one after the other; at: the next character. places: where each token begins.

    words: those of messages.
    """

    def __init__(self, text: str, words: _Words | None = None) -> None:
        self.text, self.at, self.words = text, 0, words or _Words()
        self.places: list[int] = []

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while (begin := self.skip_blanks()) < len(self.text):
            self.places.append(begin)
            found.append(self.token())
            if control := _CONTROL.search(self.text, begin, self.at):
                self.fail("here stands a character that cannot be seen: a test is on one line", control.start())
        return found

    def fail(self, problem: str, place: int | None = None) -> NoReturn:
        raise _wrong(self.text, self.at if place is None else place, problem, self.words.whole)

    def skip_blanks(self) -> int:
        return self.take(_BLANKS).end()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What must match here, and is passed."""
        found = self.taken(pattern)
        assert found is not None
        return found

    def taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What matches here, and is passed; None where it does not."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def token(self) -> Token:
        first = self.text[self.at]
        if first in "()":
            self.at += 1
            return first
        if first == "!" and self.text[self.at + 1 : self.at + 2] not in ("=", "~"):
            self.at += 1
            return "not"
        if first == "/":
            return self.class_regex()
        if first in "'\"":
            self.fail(f"quotes stand around a value or a query only: {self.words.quoted}")
        begin, found = self.at, self.taken(_WORD)
        if found is None:
            self.fail_at_sign()
        word = found[0]
        if self.text[self.at : self.at + 1] == "(" and word not in ("and", "or", "not"):
            return self.function(word, begin)
        if word in ("and", "or", "not"):
            self.check_connective(word, begin)
            return word
        after = self.at
        self.skip_blanks()
        if sign := self.sign():
            return self.fact(word, begin, sign)
        self.at = after
        return self.class_name(word, begin)

    def fail_at_sign(self) -> NoReturn:
        rest = self.text[self.at :]
        for written, meant in _LOGIC.items():
            if rest.startswith(written):
                self.fail(f"write '{meant}', not {written}")
        if rest[0] == "~":
            self.fail(f"before ~ a {self.words.thing} and = are missing: {self.words.regex}")
        if rest[0] in "=<>!":
            self.fail(f"before this sign the name of a {self.words.thing} is missing")
        self.fail(f"{rest[0]} has no meaning here: 'and' and 'or' stand between tests, and quotes around a value that has such a sign")

    def sign(self) -> str | None:
        """The operator here, passed; None where there is none."""
        found = _SIGN.match(self.text, self.at)
        if found is None:
            return None
        sign = found[0]
        if sign == "!~":
            self.fail(f"write not x=~... for !~{self.words.without}")
        if self.text[found.end() : found.end() + 1] in ("=", "<", ">", "~", "!"):
            self.fail(f"after {sign} stands another operator; quote a value that begins so", found.end())
        self.at = found.end()
        return sign

    def check_connective(self, word: str, begin: int) -> None:
        """`and=1` is a mistake or a fact of that name: it cannot be said which."""
        if _SIGN.match(self.text, self.at) and not self.text.startswith("!", self.at):
            self.fail(self.words.connective.format(word), begin)

    # --- terms --------------------------------------------------------------------------------------------------------

    def class_regex(self) -> ClassTest:
        begin, found = self.at, self.taken(_CLASS_REGEX)
        if found is None:
            self.fail("the regular expression of a class that begins here does not end: /text/, without blanks in it")
        if "\\/" in found[0]:
            self.fail("no class has a / in its name", begin)
        if self.text[begin:].startswith("//"):
            self.fail("this regular expression is empty", begin)
        self.skip_blanks_before_sign(self.words.slashes)
        return ClassTest(found[0])

    def skip_blanks_before_sign(self, problem: str) -> None:
        place = _BLANKS.match(self.text, self.at)
        if place is not None and (found := _SIGN.match(self.text, place.end())):
            self.fail(problem, found.start())

    def class_name(self, word: str, begin: int) -> ClassTest:
        if word.lower() in ("and", "or", "not"):
            self.fail(f"write '{word.lower()}', in small letters", begin)
        if "/" in (word[0], word[-1]):
            self.fail("a regular expression stands between two slashes", begin)
        if _LATE_CALL.match(self.text, self.at):
            self.fail(f"no blank stands between a data function and its (: {word}('...').output=value")
        return ClassTest(word)

    def fact(self, name: str, begin: int, sign: str) -> FactTest:
        if "/" in (name[0], name[-1]):
            self.fail("a regular expression stands after the sign, not before it", begin)
        if sign == "!=~":
            self.fail(f"write not x=~... for !=~{self.words.without}", begin)
        place = self.skip_blanks()
        value, has_slashes = self.value(sign)
        operator = MEANS.get(sign, sign)
        if has_slashes and operator == "!=":
            self.fail(f"no regular expression stands after !=: write not x=/.../{self.words.without}", place)
        if has_slashes and operator not in ("==", "=~"):
            self.fail(f"a regular expression stands after = or =~, not after {sign}", place)
        if operator == "=~" and not has_slashes:
            value, has_slashes = _between_slashes(value), True
        return FactTest(name, "=~" if has_slashes else operator, value)

    def function(self, name: str, begin: int) -> DataTest:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
            self.fail("before ( stands the name of a data function, letters, digits and _; or 'and' or 'or' is missing", begin)
        self.take(_CALL)
        place, found = self.at, self.taken(_QUERY)
        query = None if found is None else found[1] if found[1] is not None else found[2]
        if not self.taken(_CALL_END):
            if found is None:
                self.fail(f"the query of a data function is one text in quotes, and then ): {name}('...').output=value")
            self.fail(f"after the query ) is missing: a data function has one query, {name}('...').output=value")
        if query is not None and ("`" in query or not query):
            self.fail("a query has no backticks and is not empty", place)
        output = self.taken(_OUTPUT)
        if output is None:
            self.fail(f"which of its outputs? {name}('...').output=value")
        self.skip_blanks()
        sign = self.sign()
        if sign is None:
            self.fail(f"what is {output[1]} compared with? {name}('...').{output[1]}=value")
        place = self.skip_blanks()
        value, has_slashes = self.value(sign)
        operator = MEANS.get(sign, sign)
        if operator in ("=~", "!=~") and not has_slashes:
            value, has_slashes = _between_slashes(value), True
        if has_slashes:
            if operator not in ("==", "=~", "!=", "!=~"):
                self.fail(f"a regular expression stands after = or !=, not after {sign}", place)
            operator = "!=~" if operator.startswith("!") else "=~"
        return DataTest(name.lower(), query, output[1], operator, value)

    # --- values -------------------------------------------------------------------------------------------------------

    def value(self, sign: str) -> tuple[str, bool]:
        """The value that stands here, and whether it is a regular expression (then with its slashes)."""
        begin = self.at
        first = self.text[begin : begin + 1]
        if first in ("'", '"'):
            return self.quoted(begin), False
        if first == "/":
            return self.regex(begin), True
        found = self.taken(_BARE)
        if found is None or found[0] in ("and", "or", "not"):
            self.fail(f"after {sign} the value is missing: two quotes, {sign}'', are an empty one", begin)
        for place, one in enumerate(found[0], begin):
            if one in "'\"`":
                self.fail("a value with quotes in it is quoted itself", place)
            if one in "=<>" or (one in "!~" and place == begin):
                self.fail(f"a value with {one} in it is quoted; between two tests stands 'and' or 'or'", place)
        return found[0], False

    def quoted(self, begin: int) -> str:
        found = self.taken(_QUOTED)
        if found is None:
            self.fail("these quotes are never closed", begin)
        self.check_end("after the closing quotes stands something: quote the whole value, and a quote in it as \\' or \\\"")
        return _ESCAPED.sub(r"\1", found[1] if found[1] is not None else found[2])

    def regex(self, begin: int) -> str:
        found = self.taken(_REGEX)
        if found is None:
            self.fail("this regular expression has no closing /; a plain value that begins with / is quoted", begin)
        if found[0] == "//":
            self.fail("this regular expression is empty", begin)
        if look := _LOOK.search(found[0]):
            self.fail("look-ahead and look-behind are not taken", begin + look.start())
        if _FLAGS.match(self.text, self.at):
            self.fail("flags stand in the regular expression: /(?i).../")
        self.check_end("a / in a regular expression is written \\/; a plain value that begins with / is quoted")
        return found[0]

    def check_end(self, problem: str) -> None:
        if self.at < len(self.text) and not self.text[self.at].isspace() and self.text[self.at] != ")":
            self.fail(problem)
