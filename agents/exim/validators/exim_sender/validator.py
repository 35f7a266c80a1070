"""The sender of an envelope: an address, or `<>` for none."""

from ...addresses import is_sender


class EximSender:
    """What Exim takes for a sender."""

    def validate(self, value: str) -> None:
        if not is_sender(value):
            raise ValueError("must be one mail address, as bob@example.com, or <> for no sender")
