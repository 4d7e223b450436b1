"""A module for each tool: how its files are named, written and ordered, and called in its table."""
