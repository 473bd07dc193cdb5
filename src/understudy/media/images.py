"""Still images in and out: RGB uint8, upright."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from understudy.core.errors import MediaError
from understudy.core.files import write_atomically
from understudy.core.types import Image
from understudy.media.alpha import over_white

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})

_WRITE_OPTIONS: dict[str, list[int]] = {
    ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 97],
}


def read_image(path: Path) -> Image:
    """Read an image file.

    Args:
        path: JPEG, PNG, WebP, BMP or TIFF; any name, any number of channels, 8 or 16 bits.

    Returns:
        (h, w, 3) RGB uint8, turned as its EXIF orientation says; transparency is laid over white.

    Raises:
        MediaError: the file is missing or is not an image.
    """
    try:
        # not cv2.imread, which on some systems cannot open a name with an umlaut
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path} cannot be read ({error.strerror})", "check the path") from error
    try:
        return decode_image(data)
    except ValueError as error:
        raise MediaError(f"{path} is not an image that can be decoded", "save it as JPEG or PNG") from error


def decode_image(data: bytes) -> Image:
    """Decode the bytes of an image file; as `read_image`.

    Raises:
        ValueError: the bytes are not an image.
    """
    buffer = np.frombuffer(data, np.uint8)
    try:
        stored = cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED) if data and data[:2] != b"\xff\xd8" else None
        if stored is not None and stored.ndim == 3 and stored.shape[2] == 4:
            return over_white(np.asarray(cv2.cvtColor(stored, cv2.COLOR_BGRA2RGBA)))
        # decoded again, because only this mode turns the picture upright
        image = cv2.imdecode(buffer, cv2.IMREAD_COLOR_RGB) if data else None
    except cv2.error as error:
        raise ValueError(f"not an image: {error.err}") from error
    if image is None:
        raise ValueError(f"not an image: {len(data)} bytes that start with {data[:8]!r}")
    return np.ascontiguousarray(image, np.uint8)


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
