"""SHA-256: Python's own, which is there at once, until there is much to hash.

hashlib takes OpenSSL's, which is some times as fast, and takes milliseconds to load.
"""

from __future__ import annotations

import functools

from promptlib.core.light import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

_MUCH = 1 << 20  # bytes: to hash them costs what it costs to load OpenSSL
_left = _MUCH


def sha256(size: int, data: bytes = b"") -> _Hash:
    """A hash, for as many bytes as come now, of which some may be there already."""
    global _left  # noqa: PLW0603 - how much this process will hash before it loads OpenSSL
    _left -= size
    return (_quickly_there() if _left >= 0 else _fast())(data)


@functools.cache
def _quickly_there() -> Callable[[bytes], _Hash]:
    for module in ("_sha2", "_sha256"):  # from Python 3.12 on, and before
        try:
            return __import__(module).sha256  # type: ignore[no-any-return]
        except ImportError:  # Python may be built without them
            continue
    return _fast()


@functools.cache
def _fast() -> Callable[[bytes], _Hash]:
    import hashlib  # noqa: PLC0415 - slow to load

    return hashlib.sha256
