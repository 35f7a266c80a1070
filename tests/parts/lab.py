"""Little real hosts of tests/lab/labhost as tests want them: with the checkout and our interpreter at the same paths."""

import sys
from pathlib import Path

from mcollective_py.cli.stories import lab as stories_lab

GATEWAY, PLAIN_PATH = stories_lab.GATEWAY, stories_lab.PLAIN_PATH
LABHOST = Path(__file__).parents[1] / "lab" / "labhost"
_CHECKOUT = Path(__file__).parents[2]


class Lab(stories_lab.Lab):
    """An independent lab. shared: a folder that every host sees at the same path, beside the checkout and our interpreter's."""

    def __init__(self, shared: Path) -> None:
        super().__init__(LABHOST, sorted({str(shared), str(_CHECKOUT), sys.prefix, sys.base_prefix}))
