"""What can be blocked: an address, a whole domain or a login."""

from ...addresses import is_blockable


class EximBlockable:
    """What a list of Exim's can have without quotes."""

    def validate(self, value: str) -> None:
        if not is_blockable(value):
            raise ValueError("must be an address (bob@example.org), a whole domain (@example.org), or a login without @")
