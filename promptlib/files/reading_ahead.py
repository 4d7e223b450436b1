"""Reads many files in a child process, while this one loads the driver and asks the server.

The child only hashes files that are as most are. What it says is taken where that is just what ran,
and nowhere else: any other file, and any that it did not come to, this process reads itself.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import warnings
from contextlib import suppress

from promptlib.core.errors import MigrationFileError
from promptlib.core.light import TYPE_CHECKING
from promptlib.files.checksum import DIGEST, plain_digests
from promptlib.files.directory import REPLACES, read_content

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_BOTH = 2 * DIGEST
_SIGNALS = signal.SIGINT, signal.SIGTERM
_STREAMS = 3
_NOTHING = bytes(_BOTH).hex(":", DIGEST)
_LENGTH = len(_NOTHING)


class ReadAhead:
    """What a child process reads of a folder's files, from now on.

    Args:
        paths: of the files.

    Attributes:
        child: the process.

    Raises:
        OSError: when there is no room for a process, or for what it finds.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._found = mmap.mmap(-1, _BOTH * len(paths))
        self.child = _fork(lambda: _hash_files(paths, self._found))

    def checksums(self) -> dict[str, str]:
        """Those of UP and DOWN, a colon between, by path, of files that the child has hashed.

        It waits for the child, and is called once.
        """
        with suppress(ChildProcessError):  # where children are nobody's, they are gone
            os.waitpid(self.child, 0)
        with self._found as found:
            told = found[:].hex(":", DIGEST)
        each = zip(self._paths, range(0, len(told), _LENGTH + 1), strict=True)
        both = {path: told[at : at + _LENGTH] for path, at in each}
        return {path: each for path, each in both.items() if each != _NOTHING}


def read_ahead(paths: Sequence[str]) -> ReadAhead | None:
    """Begin to read files, where a process can be had for it, and a core of its own."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1:
        return None
    with suppress(OSError):  # there is no room
        return ReadAhead(paths)
    return None


def _fork(work: Callable[[], None]) -> int:
    """Have a child process do some work; its id. A thread that only waits is safely left behind."""
    parent = os.getpid()
    # Or a handler of this process would run in the child as well.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads
            child = os.fork()
        if not child:
            os.closerange(0, _STREAMS)  # whoever reads what the parent writes waits for no child
            work()
        return child
    finally:
        if os.getpid() != parent:
            os._exit(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _hash_files(paths: Sequence[str], found: mmap.mmap) -> None:
    for number, path in enumerate(paths):
        with suppress(MigrationFileError):
            content = read_content(path)
            if REPLACES not in content and (digests := plain_digests(content)):
                found[number * _BOTH : (number + 1) * _BOTH] = digests
