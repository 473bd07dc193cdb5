"""What loading a network leaves on standard error, in processes of their own: it is said once a process."""

from __future__ import annotations

import subprocess
import sys

_FIND = """
from actors import clip
from understudy.faces.finder import FaceFinder
from understudy.media.reader import VideoReader
with VideoReader(clip("A_testA")) as reader:
    [(_, faces)] = FaceFinder().stream([next(iter(reader))])
print(len(faces))
"""

_LOAD_WHILE_OTHERS_WRITE = """
import os, sys, threading, time
from understudy.faces import tflite
from understudy.faces.weights import weights_path

class Slow(tflite.Interpreter):
    def allocate_tensors(self):
        sys.stderr.write("said meanwhile\\n")
        os.write(2, b"ERROR: of the library\\n")
        super().allocate_tensors()

tflite.Interpreter = Slow
path = weights_path("face_detection_short_range.tflite")
threads = [threading.Thread(target=tflite.PictureNetwork, args=(path,)) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.stderr.write("said after\\n")
try:
    tflite.PictureNetwork(b"no network")
except ValueError as error:
    sys.stderr.write("refused\\n")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )


def test_finding_a_face_says_nothing() -> None:
    ran = run(_FIND)
    assert ran.stdout == "1\n"
    assert ran.stderr == ""


def test_what_others_write_meanwhile_is_kept() -> None:
    lines = run(_LOAD_WHILE_OTHERS_WRITE).stderr.splitlines()
    assert lines == ["said meanwhile", "ERROR: of the library"] * 4 + ["said after", "refused"]


def test_no_standard_error_is_no_hindrance() -> None:
    assert run(f"import os; os.close(2)\n{_FIND}").stdout == "1\n"
