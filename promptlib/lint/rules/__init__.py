"""promptlib's own rules, a module for each; what squawk's rules say is left to it. Pure."""
