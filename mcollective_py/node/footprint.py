"""Give back the memory that an idle daemon does not need."""

import gc
import logging
from pathlib import Path

logger = logging.getLogger(__name__)

_MADV_DONTNEED = 4  # madvise(2)
_M_ARENA_MAX = -8  # mallopt(3)


def share_one_arena() -> None:
    """Let all threads take memory from one place, before the first of them is started.

    glibc gives each thread one of its own, and never gives back the end of those: 9 MB stayed after a reply of 3 MB. Threads of Python
    take turns anyway.
    """
    import ctypes

    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def hand_back_memory() -> None:
    """Free what start-up or a burst of work left behind: garbage, the allocator's free pages, and what is read from files alone.

    Importing and initialising two OpenSSLs touches 10 MB of program code and 5 MB of constants that an idle daemon does not use.
    Those pages are read-only copies of files: dropped from this process, what is needed comes back from the page cache by itself
    (measured: 39 MB resident after the start, 28 MB after this, 37 MB when requests were answered again).
    """
    import ctypes

    gc.collect()
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    try:
        smaps = Path("/proc/self/smaps").read_text()
    except OSError as error:  # a kernel without CONFIG_PROC_PAGE_MONITOR
        logger.debug("what is read from files stays in memory: %s", error)
        return
    for start, end in clean_mappings(smaps):
        if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED):
            logger.debug("madvise: errno %d", ctypes.get_errno())


def clean_mappings(smaps: str) -> list[tuple[int, int]]:
    """Start and end of each mapping that has nothing its file has not, from the text of /proc/PID/smaps (proc_pid_smaps(5)).

    Only `r-xp` and `r--p`, where nobody writes, and only where no page is a copy of this process: relocations were written there
    before it was made read-only, and no file has them.
    """
    found = []
    start = end = 0
    for line in smaps.splitlines():
        fields = line.split()
        if not fields[0].endswith(":"):
            is_of_file = len(fields) >= 6 and fields[1] in ("r-xp", "r--p") and fields[5].startswith("/")
            start, end = (int(number, 16) for number in fields[0].split("-")) if is_of_file else (0, 0)
        elif end and fields[:2] == ["Anonymous:", "0"]:
            found.append((start, end))
    return found
