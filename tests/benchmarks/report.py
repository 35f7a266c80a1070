"""How benchmarks print: one line a figure, ratios with what was hoped for. They judge nothing and fail nothing."""


def figure(what: str, value: float, unit: str) -> None:
    """One measured figure."""
    digits = 0 if isinstance(value, int) else 1 if value >= 10 else 3
    print(f"{what:<56} {value:>10,.{digits}f} {unit}", flush=True)


def ratio(what: str, value: float, wanted: float) -> None:
    """One ratio, rival over ours, and the least that was hoped for."""
    verdict = "" if value >= wanted else "   (falls short)"
    print(f"{what:<56} {value:>10.1f} x   wanted: {wanted:g} x{verdict}", flush=True)
