"""Still images in and out: RGB uint8, upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from understudy.core.bounded import read_bounded
from understudy.core.errors import MediaError
from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.media.alpha import over_white
from understudy.media.picture_header import TooLarge, check_size

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})

_LARGEST_FILE_BYTES = 1 << 29
_JPEG = b"\xff\xd8"
# the names of the reduced modes say BGR or grey; what they share is the reduction
_MODES = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_COLOR_RGB | cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_WRITE_OPTIONS: dict[str, list[int]] = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 97],
}
WRITABLE_SUFFIXES = frozenset({".jpg", ".jpeg", *_WRITE_OPTIONS})


def read_image(path: Path, shrink: int = 1) -> Image:
    """Read an image file.

    Args:
        path: JPEG, PNG, WebP, BMP or TIFF; any name, any number of channels, 8 or 16 bits.
        shrink: 1, 2, 4 or 8; so many times fewer pixels a side, rounded up, each the mean of those that it
            stands for. Of a JPEG the rest is not even decoded.

    Returns:
        (h, w, 3) RGB uint8, turned as its EXIF orientation says; transparency is laid over white.

    Raises:
        MediaError: the file is missing, is not an image, or one that would take hundreds of megabytes.
    """
    try:
        # not cv2.imread, which on some systems cannot open a name with an umlaut
        data = read_bounded(path, _LARGEST_FILE_BYTES)
    except OSError as error:
        raise MediaError(f"{path} cannot be read ({error.strerror})", "check the path") from error
    try:
        return decode_image(data, shrink)
    except TooLarge as error:
        raise MediaError(f"{path} is too large: {error}", "reduce it") from error
    except ValueError as error:
        raise MediaError(f"{path} is not an image that can be decoded", "save it as JPEG or PNG") from error


def decode_image(data: bytes, shrink: int = 1) -> Image:
    """Decode the bytes of an image file; as `read_image`.

    Raises:
        ValueError: the bytes are not an image, or a too large one (TooLarge).
    """
    check_size(data)
    if data[:2] == _JPEG:
        return _decoded(data, _MODES[shrink])
    stored = _decoded(data, cv2.IMREAD_UNCHANGED)
    if stored.ndim == 3 and stored.shape[2] == 4:
        image = over_white(np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA)))
    else:  # decoded again, because only this mode turns the picture upright
        image = _decoded(data, _MODES[1])
    return image if shrink == 1 else _reduced(image, shrink)


def _reduced(image: Image, shrink: int) -> Image:
    height, width = (-(-length // shrink) for length in image.shape[:2])
    below, behind = height * shrink - image.shape[0], width * shrink - image.shape[1]
    whole = cv2.copyMakeBorder(image, 0, below, 0, behind, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _decoded(data: bytes, mode: int) -> NDArray[Any]:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode) if data else None
    except cv2.error as error:
        raise ValueError(f"not an image: {error.err}") from error
    if image is None:
        raise ValueError(f"not an image: {len(data)} bytes that start with {data[:8]!r}")
    return np.ascontiguousarray(image)


def write_image(path: Path, image: Image) -> None:
    """Write an image file; it appears under its name only when it is whole.

    Args:
        path: the suffix chooses the format: .png (lossless), .jpg or .webp (near lossless).
        image: (h, w, 3) RGB uint8.

    Raises:
        MediaError: the suffix is none of these.
        UnderstudyError: the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix in (".jpg", ".jpeg"):
        write_atomically(path, encode_jpeg(image))
    elif suffix in _WRITE_OPTIONS:
        write_atomically(path, _encode(suffix, image, _WRITE_OPTIONS[suffix]))
    else:
        raise MediaError(
            f"cannot write images of type {suffix or 'none'} ({path})", "use .png, .jpg or .webp"
        )


def encode_jpeg(image: Image, quality: int = 97) -> bytes:
    """Encode as JPEG with full chroma resolution (4:4:4).

    Args:
        image: (h, w, 3) RGB uint8.
        quality: 1 to 100; 97 is near lossless.
    """
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return _encode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality, *sampling])


def _encode(suffix: str, image: Image, options: list[int]) -> bytes:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(f"need a (h, w, 3) uint8 image, got {image.shape} {image.dtype}")
    done, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be stored as {suffix}")
    return data.tobytes()
