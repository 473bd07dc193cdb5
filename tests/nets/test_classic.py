import torch
from torch import nn

from understudy.nets.classic import ClassicDecoder, ClassicEncoder


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_published_numbers_of_parameters() -> None:
    with torch.device("meta"):  # counted, not allocated
        encoder, decoder = ClassicEncoder(), ClassicDecoder()
    assert count(encoder) == 69_662_976
    assert count(decoder.face) == 6_199_747
    # the mask branch is ours, and small beside the face
    assert count(decoder) == count(decoder.face) + count(decoder.mask)
    assert count(decoder.mask) < 0.11 * count(decoder.face)


def test_the_published_shapes_on_the_way() -> None:
    with torch.device("meta"):
        encoder, decoder = ClassicEncoder(), ClassicDecoder()
        face = torch.empty(2, 3, 64, 64)
        sides: list[tuple[int, ...]] = []
        x = face
        for layer in encoder.blocks:
            x = layer(x)
            if isinstance(layer, nn.Conv2d):
                sides.append(tuple(x.shape[1:]))
        assert sides == [(128, 32, 32), (256, 16, 16), (512, 8, 8), (1024, 4, 4)]
        assert x.shape == (2, 16384)
        assert encoder.code(face).shape == (2, 1024)
        assert encoder(face).shape == (2, 512, 8, 8)
        layers = decoder(encoder(face))
    assert layers.shape == (2, 4, 64, 64)
