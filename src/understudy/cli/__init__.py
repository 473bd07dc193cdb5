"""The command line: parse and draw, no logic."""
