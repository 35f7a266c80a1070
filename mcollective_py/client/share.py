"""How many of the hosts, as operators write it: `10`, or `25%`; pure."""


def read_share(word: str) -> tuple[int, bool] | None:
    """The number of `10` or `25%`, and whether it is a percentage, which is 100 at most; None for any other word."""
    number, is_percent = (word[:-1], True) if word.endswith("%") else (word, False)
    if not (number.isascii() and number.isdigit() and len(number) < 10) or (is_percent and int(number) > 100):
        return None
    return int(number), is_percent
