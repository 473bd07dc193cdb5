"""A self-contained HTML report."""
