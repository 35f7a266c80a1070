"""One mail address in an envelope: `bob@example.com`, `"bob b"@example.com`, `bob@[192.0.2.1]`."""


class EximAddress:
    """What Exim takes for one address, and nothing that an option or a list could begin with."""

    def validate(self, value: str) -> None:
        from ...addresses import is_address  # each validator has its own copy: a daemon that never checks one does without

        if not is_address(value):
            raise ValueError("must be one mail address, as bob@example.com")
