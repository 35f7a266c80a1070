"""What can be blocked: an address, a whole domain or a login."""


class EximBlockable:
    """What a list of Exim's can have without quotes."""

    def validate(self, value: str) -> None:
        from ...addresses import is_blockable  # each validator has its own copy: a daemon that never checks one does without

        if not is_blockable(value):
            raise ValueError("must be an address (bob@example.org), a whole domain (@example.org), or a login without @")
