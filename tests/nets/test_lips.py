"""The network of lips hears as far as it says, before and after."""

from __future__ import annotations

import torch

from understudy.nets.lips import LipsNet, LipsNetConfig


def test_it_hears_its_reach_and_no_further() -> None:
    torch.manual_seed(0)
    net = LipsNet(LipsNetConfig(bands=6, outputs=3, width=8, dilations=(1, 2))).eval()
    torch.nn.init.normal_(net.last.weight)
    heard = torch.randn(1, 6, 61, requires_grad=True)
    net(heard)[0, :, 30].sum().backward()
    assert heard.grad is not None
    felt = heard.grad[0].abs().sum(dim=0).nonzero().flatten()
    reach = net.config.reach
    assert (int(felt[0]), int(felt[-1])) == (30 - reach, 30 + reach)


def test_what_has_not_learnt_says_the_mean() -> None:
    net = LipsNet(LipsNetConfig(bands=6, outputs=2, width=8))
    net.mean_K.copy_(torch.tensor([0.3, 0.1]))
    said = net(torch.randn(2, 6, 20))
    assert said.shape == (2, 2, 20)
    assert torch.allclose(said, torch.tensor([0.3, 0.1])[None, :, None] + net.last.bias[None, :, None])
