"""`python -m understudy.workflows.follower PORT RANK SIZE`: a process that another one trains with."""

from __future__ import annotations

import sys
from contextlib import closing

from understudy.core.errors import ProcessLost, UnderstudyError
from understudy.training.team import join, meeting_point
from understudy.workflows.follow_training import follow_training
from understudy.workflows.team_start import LEFT_ALONE, came


def main(port: int, rank: int, size: int) -> None:
    """Train as the leader says.

    Args:
        port: of this machine, where it waits.
        rank: number of this process.
        size: how many there are.
    """
    store = meeting_point(port)
    store.set(came(rank), "")
    with closing(join(store, rank, size)) as team:
        follow_training(team)


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except ProcessLost:  # the leader says so, if it can
        sys.exit(LEFT_ALONE)
    except UnderstudyError as error:  # the leader reads the last line
        sys.exit(str(error))
