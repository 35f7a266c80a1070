"""Validators of the site's own: `validators/NAME/` of a libdir or of an agent's folder, validator.py with a class of that name.

class AssetTag:
    def validate(self, value): raise ValueError with the reason

Ours come first: a site cannot make `shellsafe` mean less.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from traceback import extract_tb

from ..ddl.model import Input
from ..ddl.validate import check_input, is_validator_name
from ..ddl.validators import VALIDATORS, Validator
from ..errors import PluginError, RPCAborted
from ..node.deadline import Ask, at_once
from ..shipped import shipped_libdir
from ..text import printable
from .finder import find
from .folder import load_plugin

logger = logging.getLogger(__name__)

_PATIENCE = 2.0  # seconds for one value: on a host it is the thread that receives that waits


def validators_for(
    inputs: Iterable[Input],
    libdirs: Sequence[Path],
    own: Path | None = None,
    *,
    only_owned: bool | None = None,
    is_strict: bool = True,
    ask: Ask = at_once,
) -> Mapping[str, Validator]:
    """All that these inputs are checked by: ours, and of the site's those that they name.

    own: the folder of the agent, whose validators come first. is_strict: as a host needs it, PluginError where one is not there, does
    not load, or refuses a default. Otherwise such a one is left out, and hosts have the say. ask: by what the site's are asked.
    """
    wanted = list(inputs)
    unknown = {one.validation: one for one in wanted if one.validation and is_validator_name(one.validation)}
    unknown = {name: one for name, one in unknown.items() if name not in VALIDATORS}
    if not unknown:
        return VALIDATORS
    folders, found = find("validators", libdirs), dict(VALIDATORS)
    for name, one in unknown.items():
        folder = folders.get(name)
        if own is not None and (own / "validators" / name / "validator.py").is_file():
            folder = own / "validators" / name
        try:
            if folder is None:
                from difflib import get_close_matches

                near = get_close_matches(name, {**VALIDATORS, **folders}, 1)
                hint = f", did you mean {near[0]}?" if near else ""
                raise PluginError(name, f"the input {one.name} wants the unknown validator {name}{hint}")
            # Ours are expressions with bounds: none holds anybody up, and a thread for each request costs ten times what they take.
            asking = at_once if folder.is_relative_to(shipped_libdir() / "agents") else ask
            found[name] = load_validator(name, folder, only_owned, asking)
        except PluginError as error:
            if is_strict:
                raise
            logger.debug("left to hosts: %s", error)
    for one in wanted if is_strict else ():
        if one.validation in unknown and one.default is not None:
            _check_default(one, found)
    return found


def load_validator(name: str, folder: Path, only_owned: bool | None = None, ask: Ask = at_once) -> Validator:
    """The validator in a folder; whatever it does comes out as a ValueError or as nothing. Raises PluginError."""
    cls = load_plugin("validators", name, folder, only_owned)
    if not callable(getattr(cls, "validate", None)):
        raise PluginError(name, f"the class {cls.__name__} has no validate")
    try:
        plugin = cls()
    except Exception as error:  # a plugin's load may raise anything
        raise PluginError(name, f"{type(error).__name__}: {error}") from error

    def check(value: str) -> None:
        """A ValueError is the reason; False, and anything else that is raised, refuse the value too."""
        try:
            answer = ask(f"validator {name}", lambda: plugin.validate(value), _PATIENCE)
        except ValueError as error:
            raise ValueError(printable(str(error)) or f"is not valid ({name})") from None
        except RPCAborted as error:  # it took too long, or is not asked any more
            raise ValueError(f"cannot be checked: {printable(str(error))}") from None
        except Exception as error:  # noqa: BLE001 - what cannot be judged is refused; its message may quote the value
            frame = extract_tb(error.__traceback__)[-1]
            logger.error("the validator %s failed: %s at %s:%s", name, type(error).__name__, frame.filename, frame.lineno)
            raise ValueError(f"cannot be checked: the validator {name} failed ({type(error).__name__})") from None
        if answer is False:
            raise ValueError(f"is not valid ({name})")

    return check


def _check_default(wanted: Input, validators: Mapping[str, Validator]) -> None:
    try:
        check_input(wanted, wanted.default, validators)
    except ValueError as error:
        raise PluginError(wanted.validation or "", f"the default of the input {wanted.name} itself {error}") from error
