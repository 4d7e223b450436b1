"""What every package uses: errors, lengths of time, progress on stderr, Ctrl-C."""
