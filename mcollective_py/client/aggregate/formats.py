"""The `%` formats of a DDL's aggregates, filled in; pure. Ruby's and Python's forms agree in all that is taken here."""

import re

_DIRECTIVE = re.compile(r"%(?:%|([-+ 0#]{0,5})([0-9]{0,3})(?:\.([0-9]{1,2}))?([sdiufeEgGxXo]))", re.ASCII)
_MOST = 1000  # characters of a format


def formatted(pattern: str, *values: object) -> str:
    """The pattern with its `%s`, `%d`, `%5.2f` filled in, in their order. Raises ValueError for one that does not fit the values."""
    if len(pattern) > _MOST:
        raise ValueError(f"a format of {len(pattern)} characters: {_MOST} are taken")
    waiting = list(values)

    def fill(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        if not waiting:
            raise ValueError(f"the format {pattern!r} wants more values than there are")
        flags, width, precision, kind = match.groups()
        directive = f"%{flags}{width}{'' if precision is None else f'.{precision}'}{'d' if kind == 'u' else kind}"
        value = waiting.pop(0)
        try:
            return directive % (int(value) if kind in "xXo" and isinstance(value, float) else value,)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"the format {pattern!r} does not fit: {match[0]} of {type(value).__name__}") from error

    end, pieces = 0, []
    for match in _DIRECTIVE.finditer(pattern):
        pieces += [_plain(pattern, end, match.start()), fill(match)]
        end = match.end()
    text = "".join([*pieces, _plain(pattern, end, len(pattern))])
    if waiting:
        raise ValueError(f"the format {pattern!r} leaves out {len(waiting)} of {len(values)} values")
    return text


def _plain(pattern: str, start: int, end: int) -> str:
    if "%" in pattern[start:end]:
        raise ValueError(f"the format {pattern!r} has a % that is none of %s %d %f %e %g %x %o %%")
    return pattern[start:end]
