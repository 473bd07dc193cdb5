"""Each operator by itself, run and compared with the same in numpy."""

import numpy as np
from numpy.typing import NDArray

from understudy.faces.tflite import PictureNetwork
from understudy.faces.tflite_graph import Graph

_PICTURE = np.random.default_rng(0).standard_normal((1, 6, 6, 2)).astype(np.float32)


def _run(graph: Graph, output: int) -> NDArray[np.float32]:
    (result,) = PictureNetwork(graph.file(output)).run(_PICTURE)
    assert result.shape == graph.shape(output)
    return result


def _patches(picture: NDArray[np.float32], size: int, stride: int) -> NDArray[np.float32]:
    """(rows, columns, channels, size, size)"""
    windows = np.lib.stride_tricks.sliding_window_view(picture[0], (size, size), (0, 1))
    return windows[::stride, ::stride]


def test_convolutions() -> None:
    weights = np.random.default_rng(1).standard_normal((3, 3, 3, 2)).astype(np.float32)
    bias = np.array([-1, 0, 1], np.float32)
    for stride, seen in ((1, np.pad(_PICTURE, ((0, 0), (1, 1), (1, 1), (0, 0)))), (2, _PICTURE)):
        expected = np.einsum("yxcij,oijc->yxo", _patches(seen, 3, stride), weights) + bias
        for relu in (False, True):
            graph = Graph(_PICTURE.shape)
            got = _run(graph, graph.convolution(graph.input, weights, bias, stride, relu=relu))
            np.testing.assert_allclose(got[0], np.maximum(expected, 0) if relu else expected, atol=1e-5)


def test_pools() -> None:
    for kind, reduce in (("max", np.max), ("avg", np.mean)):
        graph = Graph(_PICTURE.shape)
        got = _run(graph, graph.pool(graph.input, kind, 3, 2))
        np.testing.assert_allclose(got[0], reduce(_patches(_PICTURE, 3, 2), axis=(3, 4)), atol=1e-6)


def test_a_sum_fills_up_with_zeros() -> None:
    graph = Graph(_PICTURE.shape)
    smaller = graph.pool(graph.input, "max", 2, 2)
    got = _run(graph, graph.add(smaller, graph.input, relu=True))
    expected = _PICTURE.copy()
    expected[0, :3, :3] += _patches(_PICTURE, 2, 2).max(axis=(3, 4))
    np.testing.assert_allclose(got, np.maximum(expected, 0), atol=1e-6)


def test_the_mean_and_a_product() -> None:
    weights = np.arange(6, dtype=np.float32).reshape(3, 2)
    graph = Graph(_PICTURE.shape)
    got = _run(graph, graph.dense(graph.mean(graph.input), weights))
    np.testing.assert_allclose(got[0], weights @ _PICTURE[0].mean(axis=(0, 1)), atol=1e-5)
