import pytest

from understudy.core.errors import ConfigError
from understudy.workflows.torchrun import Started, follows, started_together


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    says = {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "a", "MASTER_PORT": "1"}
    for name, value in says.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_environment_says_who_is_who(cluster: pytest.MonkeyPatch) -> None:
    assert started_together(None) == started_together(8) == Started(rank=5, size=8, size_here=4)
    assert follows(None)
    cluster.setenv("RANK", "0")
    assert not follows(None)


def test_what_was_not_started_together_is_not_asked_for(cluster: pytest.MonkeyPatch) -> None:
    assert started_together(1) is None
    with pytest.raises(ConfigError, match="8 processes were started together, but 2 devices"):
        started_together(2)
    assert not follows(2)
    cluster.setenv("WORLD_SIZE", "1")
    assert started_together(None) is None
    cluster.setenv("WORLD_SIZE", "8")
    cluster.delenv("MASTER_PORT")
    assert started_together(None) is None
