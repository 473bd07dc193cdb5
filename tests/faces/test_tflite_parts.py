import numpy as np
import pytest

from understudy.faces.tflite import PictureNetwork
from understudy.faces.tflite_graph import Graph
from understudy.faces.tflite_parts import NetworkFile
from understudy.faces.weights import weights_path

RNG = np.random.default_rng(0)
PICTURE = RNG.normal(size=(1, 8, 8, 3)).astype(np.float32)


def network() -> tuple[bytes, str, str, str]:
    """A file of three steps, and the names of its input, its middle and its output."""
    graph = Graph((1, 8, 8, 3))
    weights = RNG.normal(size=(3, 3, 3, 3)).astype(np.float32)
    middle = graph.convolution(graph.input, weights, np.ones(3, np.float32), 1, relu=True)
    output = graph.add(graph.pool(middle, "max", 2, 2), graph.pool(middle, "avg", 2, 2), relu=False)
    return graph.file(output), *(f"tensor_{number}" for number in (graph.input, middle, output))


def test_the_parts_one_after_the_other_are_the_whole() -> None:
    content, first, middle, last = network()
    (whole,) = PictureNetwork(content).run(PICTURE)
    (between,) = PictureNetwork(NetworkFile(content).part_between([first], [middle])).run(PICTURE)
    assert between.shape == (1, 8, 8, 3)
    (found,) = PictureNetwork(NetworkFile(content).part_between([middle], [last])).run(between)
    np.testing.assert_allclose(found, whole, atol=1e-6)


def test_a_part_carries_only_the_weights_that_it_needs() -> None:
    content, _, middle, last = network()
    assert len(content) - len(NetworkFile(content).part_between([middle], [last])) > 3 * 3 * 3 * 3 * 4


def test_a_part_may_read_and_give_several_tensors() -> None:
    content, first, middle, last = network()
    (whole,) = PictureNetwork(content).run(PICTURE)
    results = PictureNetwork(NetworkFile(content).part_between([first], [last, middle])).run(PICTURE)
    assert [r.shape for r in results] == [(1, 8, 8, 3), (1, 4, 4, 3)]
    np.testing.assert_allclose(results[1], whole, atol=1e-6)


def test_one_part_leaves_the_file_as_it_is_for_the_next() -> None:
    content, first, middle, last = network()
    file = NetworkFile(content)
    file.part_between([middle], [last])
    assert file.part_between([first], [last]) == NetworkFile(content).part_between([first], [last])


def test_an_unknown_name_is_refused() -> None:
    content, first, *_ = network()
    with pytest.raises(ValueError, match="no tensor called eyes"):
        NetworkFile(content).part_between([first], ["eyes"])


def test_an_output_that_depends_on_something_else_is_refused() -> None:
    content, first, middle, last = network()
    with pytest.raises(ValueError, match=f"also depend on {first}"):
        NetworkFile(content).part_between([last], [middle])


def test_reads_what_custom_operators_are_told() -> None:
    file = NetworkFile(weights_path("face_landmark_with_attention.tflite").read_bytes())
    parts = file.custom_options("Landmarks2TransformMatrix")
    assert [len(part["subset_idxs"]) for part in parts] == [80, 71, 71]
    assert [(part["left_rotation_idx"], part["right_rotation_idx"]) for part in parts] == [
        (61, 291),
        (33, 133),
        (362, 263),
    ]
    assert file.custom_options("Nothing") == []
