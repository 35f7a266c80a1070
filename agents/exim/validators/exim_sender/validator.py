"""The sender of an envelope: an address, or `<>` for none."""


class EximSender:
    """What Exim takes for a sender."""

    def validate(self, value: str) -> None:
        from ...addresses import is_sender  # each validator has its own copy: a daemon that never checks one does without

        if not is_sender(value):
            raise ValueError("must be one mail address, as bob@example.com, or <> for no sender")
