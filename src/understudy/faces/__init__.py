"""Find, align, track and identify faces; the faceset."""
