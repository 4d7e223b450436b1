"""hashing: one digest, whoever makes it."""

from __future__ import annotations

import hashlib

import pytest

from promptlib.core import hashing


@pytest.mark.parametrize("left", [1 << 20, 0])
def test_the_digest_is_the_standard_library_s(left: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_left", left)
    text = b"some text" * 1000
    made = hashing.sha256(len(text))
    made.update(text)
    assert made.hexdigest() == hashlib.sha256(text).hexdigest()


def test_openssl_s_is_taken_when_there_is_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_left", 1000)
    kinds = [type(hashing.sha256(1000)) for _ in range(3)]
    assert kinds[1] is kinds[2] is type(hashlib.sha256())
    assert kinds[0] is not kinds[1]
