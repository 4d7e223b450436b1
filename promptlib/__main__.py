"""`python -m promptlib` is `promptlib`."""

import sys

from promptlib.cli.main import main

sys.exit(main())
