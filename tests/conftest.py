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


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One for all tests of a process, as Playwright wants it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs `pip install playwright`")
    if CHROMIUM is None:
        pytest.skip(
            "the page is opened in a real browser, and neither `chromium` nor `google-chrome` is installed"
        )
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()
