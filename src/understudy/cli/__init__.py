"""The command line: parse and draw, no logic."""

import os

# its products are of some hundred points each: threads for them mostly wait, and keep a core busy with that
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
