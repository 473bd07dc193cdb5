import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from understudy.core.errors import ModelError, UnderstudyError
from understudy.training.export_onnx import OnnxNetwork, check_difference, check_packages, onnx_bytes


class Halves(nn.Module):
    """Says `len`, as networks do; in training it draws something else."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        row = x.view(len(x), -1)
        y = self.linear(row * 2 if self.training else row)
        return y[:, :2], y[:, 2:]


class OfOneSize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.zeros(2, 3)


def written(network: nn.Module, path: Path) -> onnx.ModelProto:
    names = ("in:0", ["left", "right"])
    path.write_bytes(
        onnx_bytes(network, torch.rand(2, 2, 3), names=names, about="Zoë's", properties={"source": "Zoë"})
    )
    return onnx.load(path)


def test_a_network_is_whole_in_one_file_and_takes_any_batch(tmp_path: Path) -> None:
    network = Halves()
    proto = written(network, tmp_path / "a.part.dfm")
    onnx.checker.check_model(proto)
    assert [path.name for path in tmp_path.iterdir()] == ["a.part.dfm"]
    assert [value.name for value in (*proto.graph.input, *proto.graph.output)] == ["in:0", "left", "right"]
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert (proto.producer_name, proto.doc_string) == ("Understudy", "Zoë's")
    assert {entry.key: entry.value for entry in proto.metadata_props} == {"source": "Zoë"}
    assert proto.opset_import[0].version >= 17
    assert proto.ir_version <= 9  # what ONNX Runtime of before 2024 reads
    kinds = {value.type.tensor_type.elem_type for value in (*proto.graph.input, *proto.graph.output)}
    assert kinds == {onnx.TensorProto.FLOAT}
    for size in (1, 2, 5):
        batch = torch.rand(size, 2, 3)
        found = OnnxNetwork(tmp_path / "a.part.dfm")(batch.numpy())
        for ours, theirs in zip(network.eval()(batch), found, strict=True):
            np.testing.assert_allclose(ours.detach().numpy(), theirs, atol=1e-6)


def test_nothing_of_the_code_or_this_machine_is_in_the_file(tmp_path: Path) -> None:
    data = written(Halves(), tmp_path / "a.onnx").SerializeToString()
    assert str(Path(__file__).parent).encode() not in data
    assert b"site-packages" not in data
    assert b"Halves" not in data


def test_a_network_of_one_batch_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be written|one batch size"):
        onnx_bytes(OfOneSize(), torch.rand(2, 3), names=("x", ["y"]), about="", properties={})


def test_the_exporter_is_quiet_and_so_are_we_afterwards(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written(Halves(), tmp_path / "a.onnx")
    assert capfd.readouterr() == ("", "")
    assert logger.level == level


@pytest.mark.parametrize("name", ["onnx", "onnxruntime", "onnxscript"])
def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    check_packages()
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnderstudyError, match=rf"{name}.*pip install 'understudy\[export\]'"):
        check_packages()


def test_differences_above_a_thousandth_and_nan_are_refused() -> None:
    check_difference("it", 9e-4)
    for difference in (1.1e-3, float("nan")):
        with pytest.raises(ModelError, match="it draws otherwise"):
            check_difference("it", difference)
