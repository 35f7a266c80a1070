"""Log handlers without what the import would cost."""

import subprocess
import sys

LOOK = """
import sys
import mcollective_py.server.loghandlers as ours
print("pickle" in sys.modules, "_pickle" in sys.modules)
import logging.handlers, pickle
print(logging.handlers.RotatingFileHandler is ours.RotatingFileHandler, logging.handlers.pickle.dumps is pickle.dumps)
"""


def test_pickle_is_not_loaded_and_whoever_wants_it_gets_the_real_one():
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False", "True", "True"]
