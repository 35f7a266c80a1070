"""Text that came from elsewhere: fit to be encoded, fit for one line of a log."""


def is_utf8(text: str) -> bool:
    """False for half of a surrogate pair, which Python's text can hold and no encoding can."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(text: str, instead: str = "?", most: int = 300) -> str:
    """At most so many characters of it, on one line; instead: what stands for each that is no printable one."""
    return "".join(sign if sign.isprintable() else instead for sign in text[:most])


def one_line(text: str) -> str:
    """The text with every control character, line separator and half surrogate shown by its escape."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
