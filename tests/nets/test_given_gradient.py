"""A gradient that is known leads what was drawn as torch's own would."""

import pytest
import torch

from understudy.nets.given_gradient import with_given


def test_it_adds_to_the_losss_own_gradient() -> None:
    drawn = [torch.rand(2, 3, requires_grad=True) for _ in range(2)]
    gradient = torch.rand(4, 3)
    plain = torch.cat(drawn).square().sum()
    loss = with_given(plain, drawn, gradient)
    assert loss.item() == plain.item()
    loss.backward()
    for number, picture in enumerate(drawn):
        own = gradient[2 * number : 2 * number + 2]
        assert picture.grad is not None
        torch.testing.assert_close(picture.grad, 2 * picture.detach() + own)


@pytest.mark.parametrize("pictures", [1, 3])
def test_a_gradient_of_more_or_fewer_pictures_is_refused(pictures: int) -> None:
    drawn = [torch.rand(1, 3, requires_grad=True) for _ in range(pictures)]
    with pytest.raises(ValueError, match="gradient"):
        with_given(torch.zeros(()), drawn, torch.rand(2, 3))
