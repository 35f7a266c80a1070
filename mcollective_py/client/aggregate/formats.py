"""The `%` formats of a DDL's aggregates, filled in; pure. Ruby's and Python's forms agree in all that is taken here."""

import re

_DIRECTIVE = re.compile(r"%(?:%|(?:([1-9])\$)?([-+ 0#]{0,5})([0-9]{0,3})(?:\.([0-9]{1,2}))?([sdiufeEgGxXo]))", re.ASCII)
_MOST = 1000  # characters of a format
_NO_VALUE = object()


def formatted(pattern: str, *values: object) -> str:
    """The pattern with its `%s`, `%d`, `%5.2f` filled in, in their order, `%2$s` by its number; values beyond them stay out.

    Raises ValueError for a pattern that does not fit the values.
    """
    if len(pattern) > _MOST:
        raise ValueError(f"a format of {len(pattern)} characters: {_MOST} are taken")
    waiting = iter(values)

    def fill(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        number, flags, width, precision, kind = match.groups()
        value = next(waiting, _NO_VALUE) if number is None else values[int(number) - 1] if int(number) <= len(values) else _NO_VALUE
        if value is _NO_VALUE:
            raise ValueError(f"the format {pattern!r} wants more values than there are")
        directive = f"%{flags}{width}{'' if precision is None else f'.{precision}'}{'d' if kind == 'u' else kind}"
        try:
            return directive % (int(value) if kind in "xXo" and isinstance(value, float) else value,)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"the format {pattern!r} does not fit: {match[0]} of {type(value).__name__}") from error

    end, pieces = 0, []
    for match in _DIRECTIVE.finditer(pattern):
        pieces += [_plain(pattern, end, match.start()), fill(match)]
        end = match.end()
    return "".join([*pieces, _plain(pattern, end, len(pattern))])


def check_format(pattern: str) -> None:
    """Raises ValueError for a pattern that no values would fit."""
    formatted(pattern, *[1] * _MOST)


def _plain(pattern: str, start: int, end: int) -> str:
    if "%" in pattern[start:end]:
        raise ValueError(f"the format {pattern!r} has a % that is none of %s %d %f %e %g %x %o %%")
    return pattern[start:end]
