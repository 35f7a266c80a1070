"""`python -m mcollective_py` is `mco`."""

from .cli.main import run

run()
