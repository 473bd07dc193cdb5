import numpy as np

from understudy.faces import mesh
from understudy.faces.mesh import template


def test_the_template_is_one_high_and_centred() -> None:
    points = template()
    assert points.shape == (mesh.LANDMARK_COUNT, 3)
    assert points.dtype == np.float32
    np.testing.assert_allclose(points[mesh.CHIN, 1] - points[mesh.FOREHEAD, 1], 1, atol=1e-5)
    np.testing.assert_allclose(points[mesh.CHIN, 1] + points[mesh.FOREHEAD, 1], 0, atol=1e-5)
    oval = points[list(mesh.FACE_OVAL)]
    np.testing.assert_allclose(oval[:, 0].min() + oval[:, 0].max(), 0, atol=1e-4)


def test_the_template_is_symmetric() -> None:
    points = template()
    flipped = points * np.array([-1, 1, 1], np.float32)
    nearest = np.linalg.norm(points[:, None] - flipped[None], axis=-1).min(axis=1)
    used = list(mesh.RIGID + mesh.FACE_OVAL + mesh.OUTER_LIPS + mesh.INNER_LIPS)
    used += list(mesh.LEFT_EYELIDS + mesh.RIGHT_EYELIDS)
    assert nearest[used].max() < 1e-5
    assert nearest.max() < 0.006


def test_named_points_lie_where_their_names_say() -> None:
    points = template()
    x = points[[mesh.LEFT_EYE_OUTER, mesh.LEFT_EYE_INNER, mesh.RIGHT_EYE_INNER, mesh.RIGHT_EYE_OUTER], 0]
    assert list(x) == sorted(x)
    assert points[mesh.NOSE_TIP, 2] < points[mesh.LEFT_EYE_OUTER, 2] < points[234, 2]  # nearer is less
    assert points[mesh.LEFT_EYE_INNER, 1] < points[mesh.NOSE_TIP, 1] < points[mesh.NOSE_BASE, 1]
    assert points[mesh.NOSE_BASE, 1] < points[list(mesh.OUTER_LIPS), 1].min()


def test_both_eyelids_are_listed_in_mirrored_order() -> None:
    points = template()
    flip = np.array([-1, 1, 1], np.float32)
    np.testing.assert_allclose(
        points[list(mesh.LEFT_EYELIDS)], points[list(mesh.RIGHT_EYELIDS)] * flip, atol=1e-5
    )


def test_the_rigid_points_are_chosen_alike_on_both_sides() -> None:
    points = template()[list(mesh.RIGID)]
    assert abs(float(points[:, 0].sum())) < 1e-4


def test_the_template_cannot_be_changed_by_its_users() -> None:
    assert not template().flags.writeable
