"""Run a command and print what it took, as JSON: wall and processor seconds, peak memory in MB.

    python -S tests/support/measure.py COMMAND [ARGUMENT ...]

A process of its own, and a small one: a child's peak counts what its parent had when it was forked.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run it and print."""
    began = time.perf_counter()
    child = subprocess.Popen(
        sys.argv[1:],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    json.dump([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024], sys.stdout)
    sys.exit(bool(status))


if __name__ == "__main__":
    main()
