"""The rendered performance, looked at once."""

import pytest

from measure.damages import Performance, perform


@pytest.fixture(scope="session")
def performance() -> Performance:
    return perform()
