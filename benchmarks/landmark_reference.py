"""What the reference program finds in pictures: MediaPipe 0.10.21's FaceMesh, each picture by itself.

It is no part of the program and runs in an environment of its own, made for measuring only:

    python -m venv REFERENCE && REFERENCE/bin/pip install mediapipe==0.10.21 opencv-python-headless
    REFERENCE/bin/python benchmarks/landmark_reference.py PICTURES reference.json

PICTURES is the folder that `landmark_accuracy.py pictures` writes.
"""

from __future__ import annotations

import argparse
import json
from importlib.metadata import version
from pathlib import Path

import cv2
import mediapipe
import numpy as np

MOST_FACES = 10
FACE_POINTS = 468  # the irises come after


def main() -> None:
    """Write the program's version, and the (468, 2) points of every face of every picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    faces: dict[str, list[list[list[float]]]] = {}
    with mediapipe.solutions.face_mesh.FaceMesh(
        static_image_mode=True, refine_landmarks=True, max_num_faces=MOST_FACES, min_detection_confidence=0.5
    ) as mesh:
        for path in sorted(args.pictures.glob("*.png")):
            image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            size = np.array([image.shape[1], image.shape[0]])
            found = mesh.process(image).multi_face_landmarks or []
            # there the corner of the picture is (0, 0); here the centre of its first pixel is
            faces[path.stem] = [
                (np.array([(p.x, p.y) for p in face.landmark[:FACE_POINTS]]) * size - 0.5).round(3).tolist()
                for face in found
            ]
    args.out.write_text(json.dumps({"program": f"mediapipe {version('mediapipe')}", "faces": faces}))


if __name__ == "__main__":
    main()
