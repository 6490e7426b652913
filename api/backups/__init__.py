"""Back-ups of an installation: its database, its files and its keys, as one folder or one tar file."""
