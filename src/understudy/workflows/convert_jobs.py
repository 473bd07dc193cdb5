"""A conversion that several processes share: each makes a stretch of the footage, and these are joined.

A stretch is made like the rest of a conversion that was stopped: it begins some frames earlier, so that it
is as if all before it had been made, too. How colours are matched is decided on the first frames of each
person, so one process begins, and the others join in once that is known of everybody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

import torch

from understudy.core.errors import ConfigError, MediaError, UnderstudyError
from understudy.core.events import Notice, OnEvent, Progress, notices_once
from understudy.media.info import VideoInfo
from understudy.media.parts_folder import begun_anew, has_parts
from understudy.media.stretches import remove_stretch, stretch_path, stretches_of
from understudy.training.model_folder import find_generation
from understudy.training.processor import find_device
from understudy.workflows.choices import AUTO
from understudy.workflows.configs import ConvertConfig
from understudy.workflows.consent_of_models import agreed_for
from understudy.workflows.convert_cast import cast_for, roles_of
from understudy.workflows.convert_compose import Look
from understudy.workflows.convert_frames import Drawing, MadeFrames, are_known, front_for
from understudy.workflows.convert_judge import Judging
from understudy.workflows.convert_message import Message, error_of, event_of, qualities_of, said_config
from understudy.workflows.convert_output import Output, output_for
from understudy.workflows.convert_plan import Stretch, most_stretches, planned
from understudy.workflows.convert_tally import Tally, together
from understudy.workflows.convert_team import Team
from understudy.workflows.convert_voice import voiced
from understudy.workflows.learnt_occluders import are_drawn
from understudy.workflows.signer import check_signing
from understudy.workflows.signing import marks_of

REPORT_EVERY = 5  # frames


def check_jobs(jobs: int) -> None:
    """Raise ConfigError where so many processes cannot convert."""
    if jobs < 1:
        raise ConfigError(f"{jobs} jobs cannot convert anything", "give --jobs 1 or more")


def jobs_for(config: ConvertConfig, info: VideoInfo, on_event: OnEvent) -> int | None:
    """How many processes convert beside this one; None where it does all itself.

    What several have begun is gone on with in the same way, by one where no more are asked for.

    Raises:
        ConfigError: a number below 1.
        ModelError: there is no model.
    """
    check_jobs(config.jobs)
    has_begun = bool(_firsts(config))
    if config.jobs == 1 and not has_begun:
        return None
    on_event = notices_once(on_event)
    index = find_generation(config.model).index
    roles = roles_of(index, config.source, config.target_identity, config.mapped)
    if config.label is not None:
        why = "its label stays where it is from frame to frame"
        return _alone(why, on_event)
    if not are_known(config, roles, index):
        why = "who is replaced is followed from the first frame, as the model does not know their face"
        return _alone(why, on_event)
    frames = info.frames_hint
    count = min(config.jobs, most_stretches(frames or 0))
    if count > 1 or has_begun:
        return max(1, count)
    why = f"{frames} frames are few" if frames else "the footage does not say how many frames it has"
    return _alone(why, on_event)


def _alone(why: str, on_event: OnEvent) -> None:
    """Say why one process converts."""
    on_event(Notice(message=f"one process converts: {why}", is_warning=False))


def remove_stretches(config: ConvertConfig) -> None:
    """Remove what several processes have begun where one makes all; its output must be open, so locked."""
    for path in _outputs(config):
        for first in stretches_of(path):
            remove_stretch(path, first)


def made_by(jobs: int, config: ConvertConfig, info: VideoInfo, look: Look, on_event: OnEvent) -> MadeFrames:
    """Convert by several processes; errors as of the whole, and those of the processes.

    Args:
        jobs: how many.
        config: of the conversion.
        info: of the target.
        look: how faces look, which has been checked.
        on_event: hears of progress and warnings.
    """
    index = find_generation(config.model).index
    roles = roles_of(index, config.source, config.target_identity, config.mapped)
    check_signing(config.cert, config.key)  # before a record of consent is made for nothing
    consent = agreed_for(roles, index, config.consent, config.people, on_event)
    # what is wrong with these is said once, and weights are fetched once
    cast_for(roles, index, config.faces, config.target, on_event).close()
    if config.worst:
        Judging(roles, index, on_event)
    if config.occlusion and are_drawn(config.faces):  # learnt once, not by each of them
        front_for(config, Drawing.loaded(config, look).model, index, on_event)
    with (
        voiced(config, info, on_event) as sound,
        output_for(config, sound, roles, index, consent) as output,
    ):
        made = _Shared(config, info, [role.target for role in roles], output, on_event).made_by(jobs)
    made.marks = marks_of(config, roles, index, consent.said)
    made.warnings = list(
        dict.fromkeys([*consent.warnings, *sound.warnings, *made.warnings, *output.warnings])
    )
    made.warnings += [*made.tally.missed(config.target), *told_unjudged(made)]
    return made


class _Shared:
    """A conversion while several processes make it."""

    def __init__(
        self,
        config: ConvertConfig,
        info: VideoInfo,
        targets: Sequence[str],
        output: Output,
        on_event: OnEvent,
    ) -> None:
        self._config, self._info, self._output, self._on_event = config, info, output, on_event
        self._targets = targets
        self._colours: dict[str, str] = dict(output.notes.get("colours", {}))
        self._next: dict[int, int] = {}  # of each stretch that was begun, by its first frame
        self._has_ended = False  # the footage, before all were needed
        self._peaks_mb: dict[int, float] = {}
        self._made = MadeFrames(tally=Tally({}, targets))
        self._added = 0

    def made_by(self, jobs: int) -> MadeFrames:
        """Make what is missing, and put all of it into the output."""
        self._find()
        begun, self._made.told = self._done, [*self._output.warnings, *self._made.warnings]
        for message in self._made.told:  # now, not after hours
            self._on_event(Notice(message=message))
        if begun:
            message = f"it goes on where it was stopped: {begun} frames are there"
            self._on_event(Notice(message=message, is_warning=False))
        output = self._output
        setup: Message = {"config": said_config(self._config), "key": output.key, "tags": output.tags}
        try:
            with Team(jobs, setup, self._threads(jobs)) as team:
                if self._config.colour == AUTO and not are_all_chosen(self._targets, self._colours):
                    self._work(team, self._planned(1)[:1], is_choosing=True)
                if not self._has_ended:
                    self._work(team, self._planned(jobs))
        except BaseException:
            self._tidy()
            raise
        self._join()
        made = self._made
        made.tally = Tally(self._output.notes, self._targets)
        made.tally.added = self._added
        made.unjudged = begun if made.qualities is not None else 0
        made.peak_rss_mb = sum(self._peaks_mb.values())
        return made

    @property
    def _done(self) -> int:
        """How many frames are there."""
        return self._output.first + sum(after - first for first, after in self._next.items())

    def _threads(self, jobs: int) -> int | None:
        """Threads of the networks of each process; None where a GPU draws."""
        if find_device(self._config.device).type != "cpu":
            return None
        return max(1, torch.get_num_threads() // jobs)

    def _planned(self, count: int) -> list[Stretch]:
        return planned(self._output.first, self._next, self._info.frames_hint or 0, count)

    def _stretch(self, first: int) -> Output:
        return Output(
            self._config, self._info, self._output.key, self._output.tags, place=self._output.place(first)
        )

    def _find(self) -> None:
        """Look what an earlier run has left."""
        for first in _firsts(self._config):
            if first < self._output.first:  # the run was killed when the output had taken it over
                for path in _outputs(self._config):
                    remove_stretch(path, first)
                continue
            was_there = has_parts(stretch_path(self._config.out, first))
            with self._stretch(first) as stretch:
                if stretch.first > first:
                    self._next[first] = stretch.first
                    self._colours |= stretch.notes.get("colours", {})
                elif was_there and not stretch.warnings:
                    self._made.warnings.append(begun_anew(self._config.out))
            self._made.warnings = list(dict.fromkeys([*self._made.warnings, *stretch.warnings]))

    def _work(self, team: Team, stretches: Sequence[Stretch], *, is_choosing: bool = False) -> None:
        """Let the processes make stretches."""
        waiting, idle, busy = deque(stretches), deque(range(len(team))), dict[int, Stretch]()
        while waiting or busy:
            while waiting and idle:
                number, stretch = idle.popleft(), waiting.popleft()
                busy[number] = stretch
                team.tell(number, self._order(stretch, is_choosing=is_choosing))
            number, answer = team.hear()
            if "failed" in answer:
                raise error_of(answer["failed"])
            if "event" in answer:
                self._on_event(event_of(answer["event"]))
            if "ready" in answer:
                self._made.warnings += answer["ready"]
            if "done" in answer:
                self._next[busy[number].first] = answer["done"]
                self._on_event(progress(self._done, self._info.frames_hint))
            if "made" in answer:
                self._take(number, busy.pop(number), answer["made"])
                idle.append(number)

    def _order(self, stretch: Stretch, *, is_choosing: bool) -> Message:
        place = asdict(self._output.place(stretch.first))
        return {"place": place, "end": stretch.end, "colours": self._colours, "is_choosing": is_choosing}

    def _take(self, number: int, stretch: Stretch, said: Message) -> None:
        """Take in what came of a stretch."""
        made = self._made
        if said["next_frame"] > stretch.first:
            self._next[stretch.first] = said["next_frame"]
        self._has_ended |= said["has_ended"]
        self._colours |= said["colours"]
        self._added += said["added"]
        self._peaks_mb[number] = said["peak_rss_mb"]
        made.warnings += said["warnings"]
        if said["qualities"] is not None:
            made.qualities = [*(made.qualities or ()), *qualities_of(said["qualities"])]

    def _tidy(self) -> None:
        """Remove what was begun of stretches of which nothing is finished."""
        for first in _firsts(self._config):
            with suppress(UnderstudyError), self._stretch(first):
                pass

    def _join(self) -> None:
        with ExitStack() as opening:
            firsts = sorted(self._next)
            stretches = [opening.enter_context(self._stretch(first)) for first in firsts]
            for stretch, first in zip(stretches, firsts, strict=True):
                if stretch.first < self._next[first]:
                    raise MediaError(
                        f"a part of {self._config.out.name} was damaged while others were made",
                        "run the same command again: it makes it anew",
                    )
            self._output.take_over(stretches, together)


def _outputs(config: ConvertConfig) -> list[Path]:
    return [path for path in (config.out, config.matte) if path is not None]


def _firsts(config: ConvertConfig) -> list[int]:
    """First frames of the stretches that there may be."""
    return sorted({first for path in _outputs(config) for first in stretches_of(path)})


def are_all_chosen(targets: Iterable[str], colours: Mapping[str, str]) -> bool:
    """Whether it is known of everybody how their colours are matched."""
    return all(target in colours for target in targets)


def told_unjudged(made: MadeFrames) -> list[str]:
    """What is to be said where an earlier run has made frames."""
    return Judging.told(made.unjudged)


def progress(done: int, hint: int | None) -> Progress:
    """How far a conversion is."""
    return Progress(stage="convert", done=done, total=max(hint, done) if hint else None, unit="frames")
