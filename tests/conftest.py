"""Nothing that tests do may touch what the user of this machine has."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_signing_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sign with a certificate made for these tests; for commands in processes of their own, too."""
    os.environ["UNDERSTUDY_SIGNING"] = str(tmp_path_factory.mktemp("signing") / "signing")
