import torch
from torch import nn

from understudy.nets.blocks import ResidualBlock, Upscale, doubled, doubled_by_views, start_as_resize


def test_a_residual_block_starts_as_a_shift_by_its_bias() -> None:
    block = ResidualBlock(6)
    x = torch.randn(2, 6, 5, 5)
    torch.testing.assert_close(block(x), x + block.second.bias[:, None, None])


def test_an_upscale_doubles_and_places_its_channels_as_a_pixel_shuffle_does() -> None:
    up = Upscale(3, 2)
    x = torch.randn(1, 3, 4, 4)
    out, flat = up(x), up.act(up.conv(x))
    assert out.shape == (1, 2, 8, 8)
    for channel in range(2):
        for row in range(2):
            for column in range(2):
                place = out[0, channel, row::2, column::2]
                assert torch.equal(place, flat[0, 4 * channel + 2 * row + column])


def test_started_as_resize_it_repeats_each_pixel() -> None:
    up = Upscale(5, 3)
    start_as_resize(up.conv, 2)
    out = up(torch.randn(1, 5, 4, 4))
    nearest = nn.functional.interpolate(out[..., ::2, ::2], scale_factor=2, mode="nearest")
    torch.testing.assert_close(out, nearest)
    # and the channels differ from each other
    assert (out[0, 0] - out[0, 1]).abs().max() > 0.01


def test_started_as_resize_it_still_does_not_repeat_one_channel_everywhere() -> None:
    conv = nn.Conv2d(3, 16 * 4, 3)
    start_as_resize(conv, 4)
    assert len(conv.weight.detach().flatten(1).unique(dim=0)) == 4
    assert conv.bias is not None
    assert len(conv.bias.detach().unique()) == 4


def test_doubling_by_views_is_the_pixel_shuffle_with_channels_last() -> None:
    """What a GPU does; the shuffle of PyTorch is what a processor does."""
    x = torch.randn(2, 12, 5, 7).to(memory_format=torch.channels_last)
    by_views = doubled_by_views(x)
    assert torch.equal(by_views, nn.functional.pixel_shuffle(x, 2))
    assert torch.equal(by_views, doubled(x))
    assert by_views.is_contiguous(memory_format=torch.channels_last)
