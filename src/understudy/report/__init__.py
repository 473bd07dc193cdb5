"""A self-contained HTML page that shows what a swap did."""
