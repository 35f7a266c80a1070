import re

_TEXT = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)


class Base64:
    """Bytes in base64, in one line and with padding."""

    def validate(self, value: str) -> None:
        """Raises ValueError for anything else."""
        if not _TEXT.fullmatch(value):
            raise ValueError("must be base64 in one line")
