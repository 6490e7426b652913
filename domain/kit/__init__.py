"""The kernel every context stands on: one committer, one journal, one way to read, one kind of problem."""
