"""The name of a service or of any other unit: `exim4`, `logrotate.timer`, `getty@tty1`, `odd\\x2dname.service`."""

from ...units import NAME


class UnitName:
    """What systemd and init scripts take for a name, and no shell and no option does."""

    def validate(self, value: str) -> None:
        if not NAME.fullmatch(value):
            raise ValueError("must be a service or a unit, as exim4, getty@tty1 or logrotate.timer")
