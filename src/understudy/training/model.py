"""A model in memory: one encoder, and a decoder for each identity."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from understudy.nets.critic import PatchCritic
from understudy.nets.grown import Grown
from understudy.nets.presets import PRESETS, Preset
from understudy.training.ema import Averaged
from understudy.training.known_codes import KnownCodes

_AT_ONCE = 16  # faces, bounds the memory
SLOW = 0.1  # learning rate of a network that is to change a little only, as a share of the usual one


class Model(nn.Module):
    """The networks of one model, and how they are run.

    Presets with an average hold each network twice: `encoder` and `decoders` are trained, `averaged` draws.
    Those that may be trained against a `critic` hold that, too.

    Args:
        preset_name: key of `PRESETS`.
        identities: names, in order; the first is the usual source, the second the usual target.
        bf16: compute in bfloat16, where the processor does that fast.
    """

    def __init__(self, preset_name: str, identities: Sequence[str], *, bf16: bool) -> None:
        """Build untrained networks."""
        super().__init__()
        self.preset_name = preset_name
        self.preset: Preset = PRESETS[preset_name]
        self.identities = tuple(identities)
        self.bf16 = bf16
        self.encoder = self.preset.encoder()
        # names of people are no names for modules: they may hold dots
        self.decoders = nn.ModuleList([self.preset.decoder() for _ in identities])
        self.rates = [1.0] * (1 + len(self.decoders))  # of learning: the encoder's share, and each decoder's
        self.first_steps = [0] * len(self.decoders)  # at which step of the model each decoder joined it
        average = self.preset.average
        self.critic = PatchCritic() if self.preset.has_critic else None
        nn.Module.to(self, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = Averaged(self.encoder, self.decoders, average) if average else None
        # encoders that do not tell the expression from the rest have nothing that could be moved alone
        said = getattr(self.encoder, "config", None) if self.preset.expression_weight else None
        said = 0 if said is None else int(said.expression)
        self.known = KnownCodes(len(identities), said, self.preset.code - said) if said else None

    @property
    def drawing_encoder(self) -> nn.Module:
        """The encoder to draw with: averaged where the preset keeps an average."""
        return self.encoder if self.averaged is None else self.averaged.encoder

    def decoder(self, identity: str) -> nn.Module:
        """The decoder to draw one identity with: averaged where the preset keeps an average."""
        decoders = self.decoders if self.averaged is None else self.averaged.decoders
        return decoders[self.identities.index(identity)]

    @property
    def grown(self) -> float:
        """How often the picture has doubled from the smallest; 0 for networks that do not grow."""
        return float(self.encoder.grown.value) if self.preset.doublings else 0.0  # type: ignore[union-attr,arg-type]

    @property
    def is_fading(self) -> bool:
        """Whether a doubling is being faded in."""
        return self.grown % 1 > 0

    @property
    def drawn_px(self) -> int:
        """Side of the pictures that the networks read and draw, as far as they are grown."""
        return self.preset.size_px >> (self.preset.doublings - math.ceil(self.grown))

    def grow(self, value: float) -> None:
        """Let the networks of a preset that grows draw the sizes up to `value` doublings; it is saved.

        Raises:
            ValueError: it has not so many.
        """
        if value == self.grown:
            return
        if not self.preset.doublings:
            raise ValueError(f"{self.preset_name} does not grow")
        for module in self.modules():
            if isinstance(module, Grown):
                module.set(value)

    def after_step(self, step: int) -> None:
        """Let the averaged weights follow a step of training.

        Args:
            step: steps done before it.
        """
        if self.averaged is not None:
            self.averaged.update(self.encoder, self.decoders, step, self.first_steps)

    def with_identity(self, name: str, step: int = 0) -> Model:
        """A copy with one identity more, whose decoder starts as the mean of the others.

        Args:
            name: of the new identity.
            step: steps of the model so far.

        Raises:
            ValueError: the model has it already.
        """
        if name in self.identities:
            raise ValueError(f"the model has {name!r} already")
        larger = Model(self.preset_name, [*self.identities, name], bf16=self.bf16)
        weights = self.state_dict()
        if larger.known is not None:
            new = {"known." + name: value for name, value in larger.known.state_dict().items()}
            weights |= {
                name: torch.cat([weights[name], value[-1:].to(weights[name].device)])
                for name, value in new.items()
            }
        for prefix in ("decoders", "averaged.decoders"):
            weights |= _mean_decoder(weights, prefix, len(self.identities))
        larger.load_state_dict(weights)
        larger.first_steps = [*self.first_steps, step]
        return larger.to(self.device)

    def load_encoder_from(self, other: Model) -> None:
        """Start from what another model of the same preset has learnt to read.

        Raises:
            ValueError: it is of another preset.
        """
        if other.preset_name != self.preset_name:
            raise ValueError(f"an encoder of {other.preset_name} does not fit {self.preset_name}")
        weights = other.drawing_encoder.state_dict()
        self.encoder.load_state_dict(weights)
        self.drawing_encoder.load_state_dict(weights)
        self.grow(other.grown)

    def freeze_encoder(self) -> None:
        """Let training change the decoders only; what is drawn with is what stays."""
        self.encoder.load_state_dict(self.drawing_encoder.state_dict())
        self.encoder.requires_grad_(False)

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.parameters()).device

    def autocast(self) -> torch.autocast:
        """The precision that the networks are computed in."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16)

    @torch.inference_mode()
    def know_codes(self, identity: str, faces: NDArray[np.uint8], expressions: NDArray[np.float32]) -> None:
        """Take note of where an identity's codes lie, for those that draw its faces as another's.

        Args:
            identity: whose faces they are.
            faces: (n, s, s, 3) RGB uint8, aligned as `preset` says; two or more.
            expressions: (m, `EXPRESSION_SIZE`) float32 of the same or more faces; (m, 0) where codes do not
                say them.
        """
        if self.known is None:
            return
        was_training = self.training
        self.eval()
        encoder, parts = self.drawing_encoder, np.split(faces, range(_AT_ONCE, len(faces), _AT_ONCE))
        with self.autocast():
            codes = torch.cat([encoder.code(self._pictures(part)).float() for part in parts])  # type: ignore[operator]
        self.train(was_training)
        rest_NR = codes[:, encoder.config.expression :]  # type: ignore[union-attr]
        said_NX = torch.from_numpy(expressions).to(self.device)
        self.known.note(self.identities.index(identity), rest_NR, said_NX)

    def _pictures(self, faces: NDArray[np.uint8]) -> Tensor:
        """(n, s, s, 3) uint8 to (n, 3, p, p) in [0, 1] on the device, as large as the networks are grown."""
        whole = torch.from_numpy(np.ascontiguousarray(faces)).to(self.device)
        face_B3HW = whole.float().div_(255).permute(0, 3, 1, 2)
        factor = self.preset.size_px // self.drawn_px
        return face_B3HW if factor == 1 else avg_pool2d(face_B3HW, factor)

    def _read(self, face_B3HW: Tensor, of: str | None, to: str) -> Tensor:
        """What a decoder is given of faces, moved to where its own codes lie where they are another's."""
        encoder = self.drawing_encoder
        if self.known is None or of in (None, to):
            return encoder(face_B3HW)
        code: Tensor = encoder.code(face_B3HW).float()  # type: ignore[operator]
        return encoder.spread(self.known.moved(code, self.identities.index(of), self.identities.index(to)))  # type: ignore[operator]

    @torch.inference_mode()
    def draw(
        self, faces: NDArray[np.uint8], identity: str, of: str | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Read aligned faces and draw them as one identity.

        Args:
            faces: (n, s, s, 3) RGB uint8, aligned as `preset` says.
            identity: whose decoder draws.
            of: whose faces they are, where the model knows them: see `training.known_codes`.

        Returns:
            (n, s, s, 3) float32 RGB and (n, s, s) float32 mask, both in [0, 1].
        """
        if faces.shape[0] == 0:
            raise ValueError("no faces to draw")
        was_training = self.training
        self.eval()
        with self.autocast():
            drawn_B4HW: Tensor = self.decoder(identity)(self._read(self._pictures(faces), of, identity))
        self.train(was_training)
        return self._shown(drawn_B4HW)

    @torch.inference_mode()
    def codes(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Codes of aligned faces, (n, s, s, 3) RGB uint8, as nobody has moved them: (n, k) float32."""
        was_training = self.training
        self.eval()
        parts = np.split(faces, range(_AT_ONCE, len(faces), _AT_ONCE))
        with self.autocast():
            codes = [self.drawing_encoder.code(self._pictures(part)).float() for part in parts]  # type: ignore[operator]
        self.train(was_training)
        return torch.cat(codes).cpu().numpy()

    @torch.inference_mode()
    def draw_codes(
        self, codes: NDArray[np.float32], identity: str, of: str | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Draw codes as one identity: `draw` without its first half.

        Args:
            codes: (n, k) float32, from `codes` or near such.
            identity: whose decoder draws.
            of: whose codes they are, where they are to be moved to where that decoder's own lie.

        Returns:
            As `draw`.
        """
        was_training = self.training
        self.eval()
        code_BK = torch.from_numpy(np.ascontiguousarray(codes, np.float32)).to(self.device)
        if self.known is not None and of not in (None, identity):
            code_BK = self.known.moved(code_BK, self.identities.index(of), self.identities.index(identity))
        with self.autocast():
            drawn_B4HW: Tensor = self.decoder(identity)(self.drawing_encoder.spread(code_BK))  # type: ignore[operator]
        self.train(was_training)
        return self._shown(drawn_B4HW)

    def _shown(self, drawn_B4HW: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Faces and masks as arrays, as large as the preset says."""
        factor = self.preset.size_px // self.drawn_px
        if factor > 1:
            drawn_B4HW = interpolate(drawn_B4HW, scale_factor=factor, mode="bilinear")
        drawn = drawn_B4HW.permute(0, 2, 3, 1).cpu().numpy()
        return np.ascontiguousarray(drawn[..., :3]), np.ascontiguousarray(drawn[..., 3])


def _mean_decoder(weights: dict[str, Tensor], prefix: str, count: int) -> dict[str, Tensor]:
    """Weights of decoder number `count`: the mean of those before it; none where there are no such."""
    first = f"{prefix}.0."
    return {
        f"{prefix}.{count}.{name.removeprefix(first)}": torch.stack(
            [weights[f"{prefix}.{i}.{name.removeprefix(first)}"] for i in range(count)]
        ).mean(dim=0)
        for name in weights
        if name.startswith(first)
    }
