import torch

from understudy.nets.tiny import TinyConfig, TinyDecoder, TinyEncoder

CONFIG = TinyConfig(size_px=64, encoder=(8, 16, 24), decoder=(24, 16, 12, 8))


def test_other_sizes_can_be_built() -> None:
    layers = TinyDecoder(CONFIG)(TinyEncoder(CONFIG).eval()(torch.rand(3, 3, 64, 64)))
    assert layers.shape == (3, 4, 64, 64)


def test_the_code_is_the_expression_and_a_rest_of_unit_deviation() -> None:
    encoder = TinyEncoder(CONFIG).eval()
    code = encoder(torch.rand(3, 3, 64, 64))
    expression, rest = code.split((CONFIG.expression, CONFIG.rest), dim=1)
    assert torch.equal(encoder.expression(code), expression)
    torch.testing.assert_close(rest.mean(dim=1), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(rest.std(dim=1, correction=0), torch.ones(3), atol=2e-2, rtol=0)


def test_training_blanks_the_rest_of_some_faces_and_never_the_expression() -> None:
    encoder = TinyEncoder(CONFIG).eval()
    faces = torch.rand(400, 3, 64, 64)
    with torch.no_grad():
        still = encoder(faces)
        torch.manual_seed(0)
        noisy = encoder.train()(faces)
    assert torch.equal(encoder.expression(noisy), encoder.expression(still))
    rest, moved = still[:, CONFIG.expression :], noisy[:, CONFIG.expression :]
    blank = (moved == 0).all(dim=1)
    assert 0.5 * CONFIG.drop < blank.float().mean() < 1.6 * CONFIG.drop
    noise = (moved - rest)[~blank]
    assert abs(float(noise.std()) - CONFIG.noise) < 0.02


def test_lent_styles_draw_what_own_ones_would() -> None:
    torch.manual_seed(0)
    own, lender = TinyDecoder(CONFIG), TinyDecoder(CONFIG)
    for style in lender.styles:
        torch.nn.init.normal_(style)
    code = torch.randn(2, CONFIG.code)
    lent = own(code, [torch.stack([style, style]) for style in lender.styles])
    own.styles.load_state_dict(lender.styles.state_dict())
    torch.testing.assert_close(own(code), lent)


def test_the_decoder_starts_without_a_grid() -> None:
    torch.manual_seed(0)
    drawn = TinyDecoder(CONFIG)(torch.randn(1, CONFIG.code))
    # pixels of one 4x4 shuffle block start equal
    blocks = drawn.unfold(2, 4, 4).unfold(3, 4, 4)
    inside = blocks.flatten(4).std(dim=-1).mean()
    assert inside < 1e-6 < drawn.std()
