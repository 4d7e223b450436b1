"""`python -m promptlib` is `promptlib`."""

import sys

from promptlib.cli import main

sys.exit(main())
