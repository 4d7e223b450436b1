"""Proves that DOWN undoes UP, on scratch databases with made-up rows."""
