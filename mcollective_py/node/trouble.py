"""When a trouble that lasts, or comes and goes, is worth a line in the log."""

QUIET_S = 60.0  # something that fails and works by turns is told of once in this time


class Trouble:
    """Remembers whether something is going wrong; reason is why, None while all is well."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self._told: float | None = None
        self._is_told = False

    def begins(self, reason: str, now: float) -> bool:
        """Note that it went wrong; True where that is news to tell. now in seconds of any clock."""
        is_news = self.reason is None
        self.reason = reason
        if is_news and (self._told is None or not 0 <= now - self._told < QUIET_S):
            self._told, self._is_told = now, True
            return True
        return False

    def ends(self) -> bool:
        """Note that it works; True where its trouble was told of, so that the end is too."""
        was_told, self.reason, self._is_told = self._is_told, None, False
        return was_told
