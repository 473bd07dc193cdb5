"""The writer that a name asks for: a video, or numbered images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from understudy.core.errors import MediaError
from understudy.core.types import Frame
from understudy.media.encoding import is_native
from understudy.media.footage import image_files
from understudy.media.info import VideoInfo
from understudy.media.output import OUTPUT_SUFFIXES, Finish, check_path
from understudy.media.partial import DecodedPicture, PartialFrame
from understudy.media.parts import PartsWriter
from understudy.media.patterns import are_mixed_up
from understudy.media.sequence import SequenceWriter
from understudy.media.sequence_files import check_sequence
from understudy.media.stills import STILL_SUFFIXES
from understudy.media.stretches import Together
from understudy.media.writer import VideoWriter, check_output

AnyWriter = PartsWriter | SequenceWriter


def open_writer(
    path: Path,
    like: VideoInfo,
    *,
    key: str = "",
    codec: str = "auto",
    crf: int | None = None,
    metadata: Mapping[str, str] | None = None,
    finish: Finish | None = None,
    first: int | None = None,
) -> AnyWriter:
    """Open what frames are written to, with what an earlier run of the same key has left.

    Args:
        path: .mp4, .mov, .m4v or .mkv; or numbered images, frames/%06d.png, .tif or .jpg.
        like: the footage that it is made from.
        key: says what is written, as of `PartsWriter`.
        codec: of a video, see `encoding_for`; "auto" for images.
        crf: likewise; None for images.
        metadata: tags.
        finish: what is done to the finished files before they get their names.
        first: of a stretch that another writer takes over, see `stretches`, the index of its first frame.

    Raises:
        MediaError: it cannot be written; or a codec or a quality is asked of images.
    """
    _check_name(path, codec=codec, crf=crf)
    if path.suffix.lower() in STILL_SUFFIXES:
        return SequenceWriter(
            path, like=like, key=key, metadata=metadata, finish=finish, first=first or 0
        )  # fmt: skip
    check_path(path, [like.path])
    part = partial(
        VideoWriter, like=like, native=is_native(like), codec=codec, crf=crf, alone=True
    )  # fmt: skip
    return PartsWriter(
        path, like=like, key=key, open_part=part, metadata=metadata, finish=finish,
        alone=first is not None, first=first or 0,
    )  # fmt: skip


def take_over(whole: AnyWriter, stretches: Sequence[AnyWriter], together: Together) -> None:
    """Let a writer take over what others of its kind have written; as `PartsWriter.take_over`."""
    if isinstance(whole, SequenceWriter):
        whole.take_over([one for one in stretches if isinstance(one, SequenceWriter)], together)
    else:
        whole.take_over([one for one in stretches if isinstance(one, PartsWriter)], together)


def leave_out_tags(writer: AnyWriter) -> None:
    """Write a video without the tags that were to be in it; images have theirs already."""
    if isinstance(writer, PartsWriter):
        writer.metadata.clear()


def write_frame(writer: AnyWriter, frame: PartialFrame) -> None:
    """Write a frame that may have been changed; as it is stored where the writer takes that."""
    picture = frame.image
    if isinstance(picture, DecodedPicture):
        coded = picture.coded
        if coded is not None and coded.format.name == writer.pixel_format:
            writer.write_coded(coded, frame.time_s)
            return
    whole = picture.whole()
    writer.write(Frame(index=frame.index, pts=frame.pts, time_base=frame.time_base, image=whole))


def check_frame_size(path: Path, frame: PartialFrame, like: VideoInfo) -> None:
    """Refuse a frame that a video cannot hold.

    Args:
        path: where it is written to; images may have any size.
        frame: of the footage.
        like: the footage.

    Raises:
        MediaError: its size is not that of the first one, and a video is written.
    """
    size, needed = ((each.width_px, each.height_px) for each in (frame.image, like))
    if path.suffix.lower() in OUTPUT_SUFFIXES and size != needed:
        raise MediaError(
            f"frame {frame.index} of {like.path} is {size[0]} x {size[1]} px, the first "
            f"{needed[0]} x {needed[1]}: a video has one size",
            "write images: --out frames/%06d.png",
        )


def check_writer(path: Path, like: VideoInfo, *, codec: str = "auto", crf: int | None = None) -> None:
    """Find out before the work whether `open_writer` will do; nothing is left.

    Raises:
        MediaError: what that would raise.
    """
    _check_name(path, codec=codec, crf=crf)
    if path.suffix.lower() in STILL_SUFFIXES:
        check_sequence(path, image_files(like.path))
    else:
        check_output(path, like, native=is_native(like), codec=codec, crf=crf)


def check_matte(path: Path, like: VideoInfo, out: Path) -> None:
    """Find out before the work whether a `MatteWriter` will do; nothing is left.

    Args:
        path: of the matte.
        like: the footage.
        out: where the frames themselves go.

    Raises:
        MediaError: it cannot be written, or both have one name.
    """
    if path.resolve() == out.resolve():
        raise MediaError(f"{path} is the output's name, too", "choose another for the matte")
    if are_mixed_up(path, out):
        raise MediaError(
            f"files of {path} would be taken for those of {out}", "choose another folder for the matte"
        )
    _check_name(path)
    if path.suffix.lower() in STILL_SUFFIXES:
        check_sequence(path, image_files(like.path))
    else:
        check_path(path, [like.path])


def _check_name(path: Path, *, codec: str = "auto", crf: int | None = None) -> None:
    if path.suffix.lower() in STILL_SUFFIXES:
        if codec != "auto" or crf is not None:
            raise MediaError(
                f"{path.name} is images, which have no codec and no crf", "leave --codec and --crf away"
            )
    elif path.suffix.lower() not in OUTPUT_SUFFIXES:
        raise MediaError(
            f"cannot write {path.suffix or 'files without a suffix'} ({path})",
            "name it .mp4, .mov or .mkv, or images: frames/%06d.png, .tif or .jpg",
        )
