"""The command line: one file for each command, which imports its room only when it runs."""
