"""Runs a plan: transactions, statements outside one, retries, watching, recording."""
