"""Memory that is free goes back to the system: the C library keeps it for each thread that had it.

A server runs for months in dozens of threads of other libraries. glibc gives each an arena of its
own and returns of these only what lies at their ends, so that a steady load takes more and more
(measured: 583 to 510 MB by one `malloc_trim` after 50 minutes).
"""

import ctypes
from threading import Event

_PAUSE_SECONDS = 20.0
_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
_ARENAS = 4


def give_back(stop: Event) -> None:
    """Return free memory now and then until told to stop; nothing where there is no glibc."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return
    library.mallopt(_ARENA_MAX, _ARENAS)
    while not stop.wait(_PAUSE_SECONDS):
        library.malloc_trim(ctypes.c_size_t(0))
