"""Tests of this project's own migrations, each at the version it belongs to, on real servers."""
