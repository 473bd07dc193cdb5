"""A pickle's data comes out as `pickle.loads` gives it; what asks for more is refused and never run."""

from __future__ import annotations

import collections
import copyreg
import io
import os
import pickle
import struct
import sys
import threading
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from understudy.core.plain_pickle import DEEPEST, NotPlainDataError, parse_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
MARKER = "understudy-was-here"
ONE_LINE = r"\A[^\n]{5,250}\Z"


def plain(protocol: int) -> dict[str, object]:
    shared = np.arange(6.0).reshape(2, 3)
    values: dict[str, object] = {
        "numbers": [0, 255, 256, 65536, -1, 2**31, -(2**63), 2**100, 0.1, float("inf"), True, False, None],
        "texts": ["", "ü\n'\"", "x" * 300, b"", b"\x00\xff\n", b"y" * 300],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "nested": {"a": {1: [{"b": (None, [])}]}, 2.5: "c", None: "d", b"e": "f"},
        "long": list(range(5000)),
        "ordered": collections.OrderedDict(x=1, y=2),
        "same": [shared, shared],
        "float32": np.float32([[1.5, -2], [3, 4]]),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "big endian": np.arange(3, dtype=">i4"),
        "bytes": np.arange(1000, dtype=np.uint8).reshape(10, 100),
        "flags": np.array([True, False]),
        "half": np.float16([0.5]),
        "empty": np.zeros((0, 2)),
        "alone": np.array(3.0),
        "scalars": [np.float32(1.5), np.int64(-7), np.bool_(True)],
    }
    if protocol >= 4:
        values["sets"] = [{1, "a"}, frozenset((2, 3)), set()]
    return values


def assert_same(found: object, expected: object) -> None:
    if isinstance(expected, np.ndarray):
        assert isinstance(found, np.ndarray)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
    elif isinstance(expected, dict):
        assert isinstance(found, dict)
        assert list(found) == list(expected)
        for key in expected:
            assert_same(found[key], expected[key])
    elif isinstance(expected, (list, tuple)):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for a, b in zip(found, expected, strict=True):
            assert_same(a, b)
    else:
        assert found == expected
        assert type(found) is type(expected.item() if isinstance(expected, np.generic) else expected)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_plain_data_comes_out_as_it_went_in(protocol: int) -> None:
    expected = plain(protocol)
    found = parse_pickle(pickle.dumps(expected, protocol))
    assert_same(found, expected)
    assert isinstance(found, dict)
    assert found["same"][0] is found["same"][1]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_1_calls_its_modules_otherwise(protocol: int) -> None:
    expected = {"a": np.arange(4.0), "b": np.float64(2)}
    data = pickle.dumps(expected, protocol)
    old = data.replace(b"numpy._core.", b"numpy.core.")
    assert old != data
    if protocol >= 4:  # the length of a short text comes before it, and that of the frame
        for module in (b"multiarray", b"numeric"):
            name = b"numpy.core." + module
            old = old.replace(bytes([len(name) + 1]) + name, bytes([len(name)]) + name)
        assert old[2] == 0x95
        old = old[:3] + struct.pack("<Q", len(old) - 11) + old[11:]
    assert_same(parse_pickle(old), {"a": np.arange(4.0), "b": np.float64(2)})


class Reduces:
    """What `reduce` gives, pickled."""

    def __init__(self, *reduced: object) -> None:
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


class WithState:
    def __setstate__(self, state: object) -> None:
        Path(MARKER).touch()


class Slotted(tuple):
    """Made by NEWOBJ."""

    __slots__ = ()

    def __new__(cls, *parts: object):
        Path(MARKER).touch()
        return tuple.__new__(cls, parts)


def shouts() -> Reduces:
    return Reduces(os.system, (f"touch {MARKER}",))


def as_objects(protocol: int) -> list[bytes]:
    """Pickles that Python itself writes of objects."""
    with_state = WithState()
    with_state.a = 1  # type: ignore[attr-defined]
    values = [
        shouts(),
        {"landmarks": [[0.0, 0.0]], "source_filename": shouts()},
        [[[[(1, {"a": {"b": shouts()}})]]]],
        Reduces(eval, (f"open({MARKER!r}, 'w')",)),
        Reduces(exec, (f"open({MARKER!r}, 'w')",)),
        Reduces(getattr, ("", "join")),
        Reduces(copyreg._reconstructor, (WithState, object, None), {"a": 1}),  # type: ignore[attr-defined]
        with_state,
        Slotted(),
        np.array([shouts(), 1], dtype=object),
        np.array([None]),
        np.zeros(2, dtype=[("a", "f4"), ("b", "O")]),
        np.array(["text"]),
        np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.ma.masked_array([1.0]),
        collections.defaultdict(list),
        Decimal(1),
        Path("x"),
        1 + 2j,
        range(3),
        slice(1),
        io.StringIO,
        os.system,
        print,
        type,
        ValueError("x"),
    ]
    return [pickle.dumps(value, protocol) for value in values]


def by_hand() -> list[bytes]:
    """Pickles that Python would not write, an opcode each that makes or calls something."""
    touch = f"touch {MARKER}".encode()
    return [
        b"cos\nsystem\n(S'" + touch + b"'\ntR.",
        b"(S'" + touch + b"'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'" + touch + b"'\no.",  # OBJ
        b"\x80\x02cos\nsystem\n(U" + bytes([len(touch)]) + touch + b"t\x81.",  # NEWOBJ
        b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.",  # NEWOBJ_EX
        b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c" + bytes([len(touch)]) + touch + b"\x85R.",
        b"Psome persistent id\n.",
        b"S'x'\nQ.",  # BINPERSID
        b"\x82\x01.",  # EXT1
        b"\x80\x05\x97.",  # NEXT_BUFFER
        b"}S'a'\nK\x01sb.",  # BUILD without an object
        b"]}S'append'\nK\x01sb.",
        b"(lp0\ng0\n}b.",
        b"cnumpy\nndarray\n(I5\ntR.",  # named things that may be named, called otherwise than NumPy does
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.",
        b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.",
        b"c_codecs\nencode\n.",  # a function among the data
        b"(lp0\ncnumpy\nndarray\na.",
        b"cnumpy.core.multiarray\nscalar\n(cos\nsystem\nS'x'\ntR.",
        b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"cnumpy.core\nmultiarray\n.",
        b"cnumpy.core.multiarray\nfromfile\n(S'x'\ntR.",
        b"c__builtin__\nbytes\n(I1000000000000\ntR.",
        b"ccollections\nOrderedDict\n((lp0\ntR.",
    ]


@pytest.fixture
def nothing_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Sees an import, a call of the system or of eval, an opened or touched file."""
    monkeypatch.chdir(tmp_path)
    events: list[str] = []
    is_watching = True
    here = threading.get_ident()

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        watched = event.startswith(("os.", "subprocess", "exec", "compile", "import", "open", "pickle"))
        if is_watching and watched and threading.get_ident() == here:
            events.append(f"{event} {arguments}")

    parse_pickle(pickle.dumps(np.zeros(1)))  # what is imported at first use
    sys.addaudithook(audit)
    yield events
    is_watching = False
    assert not (tmp_path / MARKER).exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_are_refused(protocol: int, nothing_runs: list[str]) -> None:
    pickles = as_objects(protocol)
    Path(MARKER).unlink()  # some touch it when they are made
    nothing_runs.clear()
    for data in pickles:
        with pytest.raises(ValueError, match=ONE_LINE):
            parse_pickle(data)
    assert nothing_runs == []


def test_what_makes_or_calls_something_is_refused(nothing_runs: list[str]) -> None:
    for data in by_hand():
        nothing_runs.clear()
        with pytest.raises(ValueError, match=ONE_LINE):
            parse_pickle(data)
        assert nothing_runs == [], data


def test_the_watch_sees_an_unpickling(nothing_runs: list[str], tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(shouts()))
    assert any("os.system" in event for event in nothing_runs)
    (tmp_path / MARKER).unlink()


def test_the_refusal_names_what_was_asked_for() -> None:
    with pytest.raises(NotPlainDataError, match=r"it asks for (posix|nt)\.system, which plain data does not"):
        parse_pickle(pickle.dumps({"a": [shouts()]}))
    with pytest.raises(NotPlainDataError, match=r"INST of 'os system'"):
        parse_pickle(by_hand()[1])


def deep(depth: int) -> bytes:
    return b"\x80\x04" + b"]" * depth + b"a" * (depth - 1) + b"."


def test_depth_is_bounded_without_recursion() -> None:
    assert parse_pickle(deep(DEEPEST)) == eval("[" * DEEPEST + "]" * DEEPEST)
    for depth in (DEEPEST + 2, 100_000):
        with pytest.raises(ValueError, match=f"more than {DEEPEST} deep"):
            parse_pickle(deep(depth))
    with pytest.raises(ValueError, match="containers"):
        parse_pickle(b"(" * 100_000 + b"t" * 100_000 + b".")
    tuples = b")" + b"\x85" * 100_000
    with pytest.raises(ValueError, match="deep"):
        parse_pickle(tuples + b".")
    with pytest.raises(ValueError, match="a key that is a tuple"):
        parse_pickle(b"}" + tuples + b"K\x01s.")


def test_a_list_in_itself_and_laughter_cost_nothing() -> None:
    found = parse_pickle(b"]q\x00h\x00a.")
    assert isinstance(found, list)
    assert found[0] is found
    laugh = b"]q\x00" + b"".join(b"](%se" % (b"h%c" % i * 10) + b"q%c" % (i + 1) for i in range(30))
    parse_pickle(b"(" + laugh + b"t.")  # 10 ** 30 items, were they copied


def test_memory_is_bounded() -> None:
    for data in (b"]" * 200_000, b"(l" * 200_000, b"K\x01" * 200_000, b"}" * 200_000, b"K\x01\x94" * 90_000):
        with pytest.raises(ValueError, match="larger than any faceset's"):
            parse_pickle(data + b".", memory_bytes=1 << 20)
    with pytest.raises(ValueError, match="larger than any"):
        parse_pickle(pickle.dumps(b"x" * 2_000_000), memory_bytes=1 << 20)


def claimed(shape: tuple[int, ...], content: bytes = b"") -> bytes:
    data = pickle.dumps(np.zeros((7, 9), np.uint8), 2)
    assert data.count(b"K\x07K\t\x86") == 1
    return data.replace(b"K\x07K\t\x86", pickle.dumps(shape, 2)[2:-1].split(b"q")[0])


def test_an_array_is_as_large_as_its_bytes() -> None:
    assert_same(parse_pickle(claimed((9, 7))), np.zeros((9, 7), np.uint8))
    for shape in ((2**40, 2**40), (-1, -63), (63, True), (2**63, 0)):
        with pytest.raises(ValueError, match="shape"):
            parse_pickle(claimed(shape))


def test_numbers_are_bounded() -> None:
    for data in (b"\x8b" + struct.pack("<i", 2000) + b"\x7f" * 2000, b"L" + b"9" * 4000 + b"L\n"):
        with pytest.raises(ValueError, match="integer of"):
            parse_pickle(data + b".")
    with pytest.raises(ValueError, match=ONE_LINE):
        parse_pickle(b"I" + b"9" * 100_000 + b"\n.")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_broken_off_anywhere_it_is_an_error(protocol: int) -> None:
    data = pickle.dumps({"a": [1.5, "text", (1, 2)], "b": np.arange(3)}, protocol)
    for end in range(len(data) - 1):
        with pytest.raises(ValueError, match=ONE_LINE):
            parse_pickle(data[:end])


def test_noise_is_an_error_and_nothing_else(nothing_runs: list[str]) -> None:
    random = np.random.default_rng(0)
    data = pickle.dumps({"a": [1.5, "text", (1, 2)], "b": np.arange(3), "c": {"d": None}}, 4)
    nothing_runs.clear()
    for _ in range(3000):
        noisy = bytearray(data)
        for place in random.integers(0, len(data), random.integers(1, 5)):
            noisy[place] = random.integers(0, 256)
        message = ""
        try:
            parse_pickle(bytes(noisy))
        except ValueError as error:
            message = str(error)
        assert "\n" not in message
    assert nothing_runs == []


@pytest.mark.parametrize(
    "data", [b"", b".", b"N", b"a.", b"t.", b"s.", b"0.", b"h\x05.", b"R.", b"NN.", b"\x93."]
)
def test_stubs(data: bytes) -> None:
    with pytest.raises(ValueError, match=ONE_LINE):
        parse_pickle(data)
