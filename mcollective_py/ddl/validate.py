"""Inputs against a DDL: the same check on both sides, and the words of a command line as typed values."""

import contextlib
import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import InvalidRPCData, MissingRPCData, UnknownAction
from ..names import is_action
from .model import DDL, ActionDDL, Input
from .quantities import seconds_of
from .validators import VALIDATORS, CannotCheck, Validator, check_length, check_member, check_pattern, check_regex, check_type, path

_TRUE = frozenset({"true", "t", "yes", "y", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "0"})
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,18})?|\.[0-9]{1,18})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_VALIDATOR_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def validate(
    ddl: DDL,
    action: str,
    inputs: Mapping[str, Any],
    validators: Mapping[str, Validator] = VALIDATORS,
    *,
    trusts_host: bool = False,
) -> dict[str, Any]:
    """The inputs, checked, with the defaults of required ones filled in; optional ones not given stay out.

    trusts_host: let through what cannot be checked here, as a client may: every host checks it anyway. A host itself must not.
    Raises UnknownAction, MissingRPCData, or InvalidRPCData for an input that is unknown, of the wrong type or not valid.
    """
    declared = _declared(ddl, action)
    for name in inputs:
        if name not in declared.inputs and not (declared.additional_inputs and is_action(name)):
            raise InvalidRPCData(f"{action} has no input {str(name)[:64]!r}: {_takes(declared)}")
    checked = {name: value for name, value in inputs.items() if name not in declared.inputs}
    for name, wanted in declared.inputs.items():
        if name in inputs:
            checked[name] = _checked(action, wanted, inputs[name], validators, trusts_host)
        elif not wanted.optional:
            if wanted.default is None:
                raise MissingRPCData(action, name)
            checked[name] = _meant(wanted, copy.deepcopy(wanted.default))  # a copy: the action may change what it is given
    return checked


def check_input(wanted: Input, value: Any, validators: Mapping[str, Validator] = VALIDATORS, *, trusts_host: bool = False) -> None:
    """One value against its declaration. Raises ValueError with the reason, which never quotes the value. trusts_host: as above."""
    if isinstance(value, bytes) and wanted.type == "string":
        value = _bytes_as_text(wanted, value)
    check_type(value, wanted.type)
    if wanted.type == "list":
        check_member(value, wanted.choices)
    if wanted.type == "path":
        path(value)
    if not isinstance(value, str):
        return
    check_length(value, wanted.maxlength)
    try:
        _check_validation(wanted.validation, value, validators)
    except CannotCheck:
        if not trusts_host:
            raise


def can_check(validation: str) -> bool:
    """True where a `validation` is a validator that is known here, or a regex that our engine takes."""
    if is_validator_name(validation):
        return validation in VALIDATORS
    try:
        check_pattern(validation)
    except ValueError:
        return False
    return True


def is_validator_name(validation: str) -> bool:
    """True where a `validation` is a validator's name; anything else is a regex."""
    return _VALIDATOR_NAME.fullmatch(validation) is not None


def convert(ddl: DDL, action: str, words: Mapping[str, str]) -> dict[str, Any]:
    """What `name=value` words mean by the DDL's types: `5`, `yes`, `{"a": 1}`. Undeclared names stay text; validate judges them.

    Raises UnknownAction, or InvalidRPCData for text that is no value of its type.
    """
    declared = _declared(ddl, action)
    values: dict[str, Any] = {}
    for name, text in words.items():
        wanted = declared.inputs.get(name)
        try:
            values[name] = text if wanted is None else value_of(wanted.type, text)
        except (ValueError, RecursionError) as error:
            raise InvalidRPCData(f"{action}: the input {name} {error}") from error
    return values


def value_of(type_name: str, text: str) -> Any:
    """What a word of a command line or a filter means by a type. Raises ValueError for text that is no value of it."""
    if type_name == "boolean":
        if text.lower() not in _TRUE | _FALSE:
            raise ValueError("must be true or false (t, yes, y, 1; f, no, n, 0)")
        return text.lower() in _TRUE
    if type_name in ("integer", "number") and _INTEGER.fullmatch(text):
        return int(text)
    if type_name in ("float", "number") and _FLOAT.fullmatch(text):
        return float(text)
    if type_name in ("integer", "float", "number"):
        check_type(text, type_name)  # text is none of these: raises with the right words
    if type_name == "duration":
        return seconds_of(text)
    if type_name in ("hash", "array"):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise ValueError(f"must be JSON, a {type_name} ({error.msg} at character {error.pos + 1})") from error
    return text


def _declared(ddl: DDL, action: str) -> ActionDDL:
    if action not in ddl.actions:
        raise UnknownAction(f"{ddl.metadata.name} has no action {action[:64]!r}: it has {_names(ddl.actions)}")
    return ddl.actions[action]


def _bytes_as_text(wanted: Input, value: bytes) -> str:
    """Ruby's clients send files as strings of bytes. A regex and a length judge those byte by byte; validators are for text."""
    if wanted.validation is not None and is_validator_name(wanted.validation):
        raise ValueError("must be text (string), these bytes are no UTF-8")
    return value.decode("latin-1")


def _check_validation(validation: str | None, value: str, validators: Mapping[str, Validator]) -> None:
    if validation is None:
        return
    if not is_validator_name(validation):
        check_regex(value, validation)
    elif validation in validators:
        validators[validation](value)
    else:
        raise CannotCheck(f"there is no validator {validation}")


def _checked(action: str, wanted: Input, value: Any, validators: Mapping[str, Validator], trusts_host: bool) -> Any:
    if isinstance(value, bytes) and wanted.type in ("string", "list"):
        with contextlib.suppress(UnicodeDecodeError):
            value = value.decode()  # text whose sender did not say so
    try:
        check_input(wanted, value, validators, trusts_host=trusts_host)
    except ValueError as error:
        # A shellsafe reason names the character it met; for a secret that is already too much.
        reason = "is not valid" if wanted.sensitive else str(error)
        message = f"{action}: the input {wanted.name} {reason}"
        raise InvalidRPCData(message, input=wanted.name, reason=reason) from (None if wanted.sensitive else error)
    return _meant(wanted, value)


def _meant(wanted: Input, value: Any) -> Any:
    """The choice itself for one of a list: where a Ruby DDL lists symbols, a symbol must reach the wire. Of a duration the seconds."""
    if wanted.type == "list":
        return wanted.choices[wanted.choices.index(value)]
    return seconds_of(value) if wanted.type == "duration" and isinstance(value, str) else value


def _takes(declared: ActionDDL) -> str:
    return f"it takes {_names(declared.inputs)}" if declared.inputs else "it takes none"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
