"""Nothing that tests do may touch what the user of this machine has: records, certificates. One browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from understudy.core.identity_folder import FOLDER_VARIABLE, store_record
from understudy.workflows.consent_choice import Given, new_record

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TESTS = Path(__file__).parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# rendered people, as facesets and footage in tests are called; tests of consent have a folder of their own
PEOPLE = (
    "source",
    "target",
    "third",
    "anna",
    "bert",
    "A",
    "B",
    "Quelle ß",
    *(f"p{number}" for number in range(17)),
)

# the files whose tests take longest
LONGEST = (
    "workflows/test_many_identities.py",
    "workflows/test_marks.py",
    "workflows/test_train.py",
    "workflows/test_shared_training.py",
    "workflows/test_training_session.py",
    "studio/test_production.py",
    "workflows/test_extract_survives.py",
    "workflows/test_convert_voice.py",
    "workflows/test_swap.py",
    "workflows/test_bench_quality.py",
    "cli/test_real_commands.py",
    "workflows/test_train_survives.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin long files first: a long one that begins last would keep one process busy and the others idle."""
    places = {TESTS / name: place for place, name in enumerate(LONGEST)}
    if missing := [path.name for path in places if not path.is_file()]:
        raise pytest.UsageError(f"{missing} of LONGEST in {Path(__file__).name} is not there: take it out")
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session", autouse=True)
def identity_records(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    """A folder with a record of each; processes that tests start find it, too."""
    folder = tmp_path_factory.mktemp("identities")
    before = os.environ.get(FOLDER_VARIABLE)
    os.environ[FOLDER_VARIABLE] = str(folder)
    for name in PEOPLE:
        store_record(new_record(name, Given(kind="rendered")))
    yield folder
    if before is None:
        del os.environ[FOLDER_VARIABLE]
    else:
        os.environ[FOLDER_VARIABLE] = before


@pytest.fixture(autouse=True, scope="session")
def _own_signing_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sign with a certificate made for these tests; for commands in processes of their own, too."""
    os.environ["UNDERSTUDY_SIGNING"] = str(tmp_path_factory.mktemp("signing") / "signing")


@pytest.fixture(autouse=True, scope="session")
def _disk_is_not_waited_for() -> Iterator[None]:
    """What tests write need not outlive the machine's next power cut; processes that they start do wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One for all tests of a process, as Playwright wants it."""
    needs = "this opens a page in a real browser and looks at what it shows: install "
    sync_api = pytest.importorskip("playwright.sync_api", reason=f"{needs}playwright with pip")
    if CHROMIUM is None:
        pytest.skip(f"{needs}`chromium` or `google-chrome`")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()
