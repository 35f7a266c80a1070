"""The words of Exim's commands. Every value of a caller stands behind `--`, so that none is taken for an option."""


def exim_bt(exim: str, address: str) -> list[str]:
    """How an address is routed."""
    return [exim, "-bt", "--", address]
