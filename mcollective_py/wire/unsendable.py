"""A value that cannot be written, and where it stands: put together on the way out, so that a value that can be costs nothing."""

from ..errors import UnsendableValue


class Unsendable(Exception):
    """Raised where the value is, without its place; each list and dict around it adds its own step."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self._problem = problem
        self._steps: list[str] = []

    def inside(self, key: object) -> None:
        """Add the key, or the position in a list, that it was found under."""
        if isinstance(key, str):
            self._steps.append(f".{key:.60}")
            return
        try:
            self._steps.append(f"[{key!r:.60}]")
        except ValueError:  # Python does not show an integer of more than 4,300 digits
            self._steps.append(f"[{type(key).__name__}]")

    def error(self) -> UnsendableValue:
        """The problem and its place: `a set cannot be sent, at a[1].b`."""
        place = "".join(reversed(self._steps)).removeprefix(".")
        return UnsendableValue(f"{self._problem}, at {place or 'the top'}")
