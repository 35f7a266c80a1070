import subprocess
import sys

from mcollective_py.node.footprint import clean_mappings

SMAPS = """\
5581c2a00000-5581c2a01000 r--p 00000000 fe:00 1234   /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             0 kB
VmFlags: rd mr mw me
5581c2a01000-5581c2a02000 r-xp 00001000 fe:00 1234   /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             0 kB
5581c2a02000-5581c2a03000 r--p 00002000 fe:00 1234   /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             4 kB
5581c2a03000-5581c2a04000 rw-p 00003000 fe:00 1234   /usr/bin/python3.11
Rss:                   4 kB
Anonymous:             0 kB
7f00a0000000-7f00a0021000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f00b0000000-7f00b0200000 r-xp 00026000 fe:00 5678   /usr/lib/x86_64-linux-gnu/libc.so.6
Anonymous:             8 kB
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0      [vdso]
Anonymous:             0 kB
"""


def test_only_what_the_file_has_as_well_is_handed_back() -> None:
    assert clean_mappings(SMAPS) == [(0x5581C2A00000, 0x5581C2A01000), (0x5581C2A01000, 0x5581C2A02000)]


def test_a_process_goes_on_with_less_resident_memory() -> None:
    program = """
import ssl, json
from pathlib import Path
from mcollective_py.node.footprint import hand_back_memory
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1])
ssl.create_default_context()
before = resident()
hand_back_memory()
after = resident()
ssl.create_default_context()
print(json.dumps([before, after]))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    before, after = map(int, ended.stdout.strip("[]\n").split(","))
    assert after < before - 500  # pages: at least 2 MB
