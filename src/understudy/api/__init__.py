"""The Python functions, one a command; `understudy` gives them all."""
