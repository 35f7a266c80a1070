"""The name of a service or of any other unit: `exim4`, `logrotate.timer`, `getty@tty1`, `odd\\x2dname.service`."""

import re

# Escapes belong to systemd: `\x2d` is a hyphen that was none in a path. No name here begins with a hyphen, as an option does.
_NAME = re.compile(r"(?:[A-Za-z0-9_:.@]|\\x[0-9a-f]{2})(?:[A-Za-z0-9_:.@\-]|\\x[0-9a-f]{2})*", re.ASCII)


class UnitName:
    """What systemd and init scripts take for a name, and no shell and no option does."""

    def validate(self, value: str) -> None:
        if not _NAME.fullmatch(value):
            raise ValueError("must be a service or a unit, as exim4, getty@tty1 or logrotate.timer")
