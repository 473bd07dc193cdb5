"""Train the start that every `tiny` model begins with, on rendered people.

    python scripts/train_base.py CROWD_FOLDER OUT.safetensors --minutes 42

One encoder and one decoder learn all people at once; a person is a gain and a shift of the
decoder's channels. Frames 0 to 3 of each clip show everybody doing the same, so for half of each
batch one person is read and another is drawn: the code learns to leave out who it is.
The result holds the encoder, the decoder, and the mean person's gains and shifts.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from understudy.core.files import write_atomically
from understudy.faces.crop import cut
from understudy.faces.expression import EXPRESSION_SIZE, expression_vector, mirrored
from understudy.faces.finder import FaceFinder
from understudy.faces.smooth import SmoothingConfig
from understudy.faces.track import TrackerConfig
from understudy.media.reader import VideoReader
from understudy.nets.face_loss import FaceLoss
from understudy.training.augment import AUGMENTATION, random_moves
from understudy.training.base import pack_base
from understudy.training.batches import Batch, to_batch
from understudy.training.model import Model
from understudy.training.processor import has_fast_bf16, tuned
from understudy.training.samples import draw_masks, sample_size_px

BATCH = 16
COMMON_FRAMES = 4  # the same performance by everybody
CROSS_SHARE = 0.5
PEAK_RATE = 1.5e-3


class Crowd:
    """All faces of all clips in memory; `where[person][frame]` is an index, -1 where none was found."""

    def __init__(self, folder: Path, size_px: int, coverage: float) -> None:
        """Find and align every face."""
        side = sample_size_px(size_px)
        # every frame is a still of its own: nothing to follow, nothing to smooth
        finder = FaceFinder(
            tracker=TrackerConfig(detect_every=1, cut_level=-1.0), smoothing=SmoothingConfig(radius=0)
        )
        planes, expressions, persons, self.where = [], [], [], []
        for person, clip in enumerate(sorted(folder.glob("id_*.mp4"))):
            rows = []
            self.where.append({})
            with VideoReader(clip) as reader:
                for frame, faces in finder.stream(reader):
                    if not faces:
                        continue
                    face = faces[0]
                    matrix = face.square.crop_from_frame(side, coverage * side / size_px)
                    points = face.landmarks_px[:, :2] @ matrix[:, :2].T + matrix[:, 2]
                    self.where[-1][frame.index] = len(planes)
                    masks = draw_masks(points, side, size_px)
                    planes.append(np.stack([*cut(frame.image, matrix, side).transpose(2, 0, 1), *masks]))
                    as_is, flipped = (
                        (face.landmarks_px, face.iris_px),
                        mirrored(face.landmarks_px, face.iris_px),
                    )
                    rows.append(np.stack([expression_vector(*as_is), expression_vector(*flipped)]))
                    persons.append(person)
            vectors = np.stack(rows)
            rest = vectors[0].copy()  # the first frame of each clip is neutral
            rest[:, -2:] = 0
            expressions.append(vectors - rest)
        self.planes = np.stack(planes)
        self.expressions = np.concatenate(expressions).astype(np.float32)
        self.persons = np.array(persons)
        assert self.expressions.shape[1:] == (2, EXPRESSION_SIZE)


def endless(crowd: Crowd, size_px: int, seed: int) -> Iterator[tuple[Batch, torch.Tensor]]:
    """Batches, with the person that each face is drawn as."""
    step = 0
    while True:
        rng = np.random.default_rng([seed, step])
        read, drawn = [], []
        for number in range(BATCH):
            cross = None
            if number < BATCH * CROSS_SHARE:
                frame = int(rng.integers(COMMON_FRAMES))
                reader, drawer = (crowd.where[i] for i in rng.choice(len(crowd.where), 2, replace=False))
                if frame in reader and frame in drawer:
                    index, cross = reader[frame], drawer[frame]
            if cross is None:
                index = cross = int(rng.integers(len(crowd.planes)))
            read.append(index)
            drawn.append(cross)
        moves = random_moves(BATCH, crowd.planes.shape[-1], size_px, rng, AUGMENTATION["tiny"])
        of_each = (torch.from_numpy(crowd.planes[index]) for index in (read, drawn))
        batch = to_batch(*of_each, moves, crowd.expressions[read], size_px)
        yield batch, torch.from_numpy(crowd.persons[drawn])
        step += 1


def main() -> None:
    """Read what to do, and do it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("crowd", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with tuned():
        train(args.crowd, args.out, args.minutes, args.seed)


def train(folder: Path, out: Path, minutes: float, seed: int) -> None:
    """Train for the time given and write the packed base."""
    torch.manual_seed(seed)
    model = Model("tiny", ["everybody"], bf16=has_fast_bf16())
    encoder, decoder = model.encoder, model.decoders[0]
    crowd = Crowd(folder, model.preset.size_px, model.preset.coverage)
    print(f"{len(crowd.planes)} faces of {len(crowd.where)} people")
    people = nn.ParameterList(
        [nn.Parameter(s.detach().repeat(len(crowd.where), 1, 1)) for s in decoder.styles]
    )
    decoder.styles.requires_grad_(False)
    shared = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": shared}, {"params": list(people.parameters()), "weight_decay": 0.02}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, betas=(0.9, 0.98), weight_decay=1e-3, fused=True)
    face_loss = FaceLoss(model.preset.size_px)
    model.train()
    started, step, told = time.monotonic(), 0, 0.0
    for batch, drawn_as in endless(crowd, model.preset.size_px, seed):
        elapsed = time.monotonic() - started
        done = elapsed / (60 * minutes)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = (
                PEAK_RATE * min(1, (step + 1) / 100) * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
            )
        with model.autocast():
            code = encoder(batch.face_B3HW)
            drawn = decoder(code, [style[drawn_as] for style in people])
        read = nn.functional.smooth_l1_loss(encoder.expression(code), batch.expression_BX)
        loss, gradient = face_loss(drawn.detach(), batch.truth_B4HW, batch.focus_B1HW)
        torch.autograd.backward([model.preset.expression_weight * read, drawn], [None, gradient])
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        step += 1
        if elapsed - told > 30:
            told = elapsed
            print(
                f"{step} steps, {elapsed:.0f} s, loss {float(loss):.4f}, expression {float(read):.4f}",
                flush=True,
            )
            _write(out, model, people, step)
    _write(out, model, people, step)
    print(f"{step} steps, {out.stat().st_size / 1e6:.1f} MB")


def _write(out: Path, model: Model, people: nn.ParameterList, step: int) -> None:
    with torch.no_grad():
        for own, everybody in zip(model.decoders[0].styles, people, strict=True):
            own.copy_(everybody.mean(dim=0))
    about = {"steps": str(step), "licence": "CC0-1.0", "made_by": "scripts/train_base.py"}
    write_atomically(out, pack_base(model.encoder, model.decoders[0], about))


if __name__ == "__main__":
    main()
