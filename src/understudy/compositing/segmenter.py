"""What lies before a face, told by a network that has learnt it from masks that a person has drawn."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from understudy.compositing.looked import Looked
from understudy.compositing.occluder import occlusion_mask, refined
from understudy.compositing.occluder_evidence import Tolerance, change, in_crop, small
from understudy.core.types import Mask
from understudy.nets.segmenter import OccluderNet

_Floats = NDArray[np.float32]

_MOST = 4.0  # in usual changes: what differs more is no more certain
_BORDER = 0.03  # of the crop, around what was told, in which the search is believed
_LEAST_AREA = 0.004  # of the face: smaller islands are none
_SHOWS = 0.3  # probability: a hand that is drawn over is seen at once, a little of the target's face is not
_GUESSED = Tolerance.guessed()


def seen_of(looked: Looked, tolerance: Tolerance | None) -> _Floats:
    """What the network is shown.

    Args:
        looked: the face.
        tolerance: how well the person is usually drawn; a guess where None.

    Returns:
        (`nets.segmenter.CHANNELS`, `WORK_PX`, `WORK_PX`) float32: colours, how far those drawn differ,
        that in usual changes, and where the face and the drawn one are.
    """
    hull, drawn_mask = small(looked.hull), small(looked.reconstruction_mask)
    colours = small(looked.crop) / np.float32(127.5) - 1
    apart = colours - (2 * small(looked.reconstruction) - 1)
    usual = in_crop(tolerance or _GUESSED, looked.landmarks_px, looked.crop.shape[0])
    unlike = change(looked.crop, looked.reconstruction, np.minimum(hull, drawn_mask)) / usual
    unlike = np.minimum(unlike, np.float32(_MOST)) / 2
    planes = [colours, apart, unlike, hull[..., None], drawn_mask[..., None]]
    return np.ascontiguousarray(np.concatenate(planes, axis=2).transpose(2, 0, 1), np.float32)


class Segmenter:
    """Tells what lies before one person's face: what was drawn, and what else is unusual apart from that.

    Args:
        net: which has learnt it.
        tolerance: how well the person is usually drawn.
    """

    def __init__(self, net: OccluderNet, tolerance: Tolerance | None) -> None:
        """Ready to tell."""
        self.net = net.eval()
        self._tolerance = tolerance

    @torch.inference_mode()
    def hidden(self, looked: Looked) -> Mask:
        """Tell where something lies before a face.

        Returns:
            (s, s) float32 in [0, 1], 1 where something does, 0 off the face.
        """
        seen = torch.from_numpy(seen_of(looked, self._tolerance))[None]
        face = small(looked.hull)
        # weights come with a model: nobody says that they give numbers
        found = np.nan_to_num(torch.sigmoid(self.net(seen))[0].numpy()) * (face > 0)
        shows, area = (found > _SHOWS).astype(np.uint8), float(face.sum())
        searched = occlusion_mask(looked, self._tolerance)
        if not shows.any():
            return searched
        _, labels, stats, _ = cv2.connectedComponentsWithStats(shows, connectivity=4)
        kept = stats[:, cv2.CC_STAT_AREA] >= max(1.0, _LEAST_AREA * area)
        kept[0] = False
        near = cv2.dilate(kept[np.asarray(labels, np.intp)].astype(np.uint8), np.ones((3, 3), np.uint8))
        coarse = np.minimum(found * near * np.float32(0.5 / _SHOWS), 1, dtype=np.float32)
        hidden = np.asarray(refined(coarse, looked.crop) * looked.hull, np.float32)
        return np.maximum(hidden, _added(searched, hidden))


def _added(searched: Mask, hidden: Mask) -> Mask:
    """What the search tells beside what was told: the border of that, and things that nobody has drawn."""
    count, labels = cv2.connectedComponents((searched > 0).astype(np.uint8), connectivity=8)
    reach = 2 * round(_BORDER * len(hidden)) + 1
    near = cv2.dilate(hidden, np.ones((reach, reach), np.uint8)) > 0
    touching = np.unique(np.asarray(labels)[near])
    apart = ~np.isin(np.arange(count), touching)
    apart[0] = False
    return searched * (near | apart[np.asarray(labels, np.intp)])
