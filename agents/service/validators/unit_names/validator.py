"""Several services or units in one input: `nginx,php-fpm,logrotate.timer`."""

from ...units import NAME

_MOST = 20  # one after the other within the time of one action


class UnitNames:
    """Names with commas between."""

    def validate(self, value: str) -> None:
        names = value.split(",")
        if len(names) > _MOST:
            raise ValueError(f"must be at most {_MOST} services")
        if not all(NAME.fullmatch(name) and len(name) <= 255 for name in names):
            raise ValueError("must be services with commas between and no blanks, as nginx,php-fpm")
