import torch

from understudy.nets.noise import Noise, set_part
from understudy.nets.part import Part

IDENTITIES, PARTS, FACES = 2, 3, 12  # two faces of each identity in a part


def parts() -> list[Part]:
    return [Part(index=index, count=PARTS, identities=IDENTITIES) for index in range(PARTS)]


def test_parts_share_everybodys_faces_evenly() -> None:
    assert [part.rows(FACES).tolist() for part in parts()] == [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]]
    whole = torch.arange(2 * FACES).view(FACES, 2)
    for part in parts():
        assert torch.equal(part.of(whole), whole[part.rows(FACES)])


def test_a_face_gets_the_same_noise_in_a_part_as_in_the_whole_batch() -> None:
    noise, rest = Noise(0.2, 0.5), torch.randn(FACES, 64)
    torch.manual_seed(3)
    whole = noise(rest)
    assert 0 < (whole == 0).all(dim=1).sum() < FACES
    for part in parts():
        set_part(torch.nn.Sequential(noise), part)
        torch.manual_seed(3)
        assert torch.equal(noise(part.of(rest)), part.of(whole))
    set_part(noise, None)
    torch.manual_seed(3)
    assert torch.equal(noise(rest), whole)
