"""Run a command and print what it took, as JSON: wall and processor seconds, peak memory in MB.

    python -S benchmarks/measure.py COMMAND [ARGUMENT ...]

A process of its own, and a small one: a child's peak counts what its parent had when it was forked.
"""

import json
import os
import subprocess
import sys
import time

began = time.perf_counter()
child = subprocess.Popen(
    sys.argv[1:],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
_, status, usage = os.wait4(child.pid, 0)
seconds = time.perf_counter() - began
print(json.dumps([seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
sys.exit(bool(status))
