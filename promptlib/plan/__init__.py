"""Files against ledger: where each migration stands, and what a deploy would do."""
