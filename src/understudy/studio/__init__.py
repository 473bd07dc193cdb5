"""The web studio: pages over the Python functions, served to this machine's own browser."""
