"""Programs that some tests need and that pip does not install."""

from __future__ import annotations

import os
import shutil

import pytest


def required(program: str, package: str) -> str:
    """The path of a program; without it, skip the test, but not in CI, which installs them all."""
    found = shutil.which(program, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not found:
        missing = f"this takes {program}: apt-get install {package}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found
