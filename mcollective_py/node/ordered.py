"""Texts with an order of their own, as versions: what `<` and the like of a filter mean for an output of a data plugin."""


class OrderedText(str):
    """A text that filters can compare. A data plugin gives its own subclass; everywhere else it is the text."""

    def order(self, other: str) -> int:
        """Below 0 where this comes before the other, 0 where neither does, else above. Raises ValueError for no such text."""
        raise NotImplementedError(f"{type(self).__name__} has no order")
