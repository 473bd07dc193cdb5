"""The second process of `test_team`: follows trainings of small presets, and shows what they end with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import torch

from training.made_presets import LOSSES, SMALL_PRESETS, bright_samples
from understudy.nets.part import Part
from understudy.nets.presets import PRESETS
from understudy.training.batches import Batch, batches_in_parts
from understudy.training.division import Division
from understudy.training.following import follow
from understudy.training.loop import Trainer
from understudy.training.model import Model
from understudy.training.team import join, meeting_point

SIZE, NAMES = 4, "abc"


def main(port: int) -> None:
    torch.set_num_threads(1)
    PRESETS.update(SMALL_PRESETS)
    faces = bright_samples(NAMES)

    def made(parts: list[Part], seed: int, first_step: int) -> Iterator[list[Batch]]:
        return batches_in_parts(faces, SIZE, seed, first_step, parts)

    with closing(join(meeting_point(port), 1, 2)) as team:
        while (preset := team.hear().text) != "no more":
            model = Model(preset, list(NAMES), bf16=False)  # of other weights than the leader's
            division = Division(len(NAMES), 1, team)
            trainer = Trainer(model, 0, division, LOSSES.get(preset))
            follow(team, trainer, partial(made, division.parts))
            team.add_up([weight.clone() for weight in trainer.trained])


if __name__ == "__main__":
    main(int(sys.argv[1]))
