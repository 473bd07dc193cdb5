"""Events reach whoever listens."""

from understudy.core.events import Event, Notice, Progress, notices_once


def test_notices_that_say_the_same_are_heard_once_and_progress_always() -> None:
    heard: list[Event] = []
    tell = notices_once(heard.append)
    step = Progress(stage="convert", done=1, total=2, unit="frames")
    again = Notice(message="a", is_warning=False)
    for event in (Notice(message="a"), step, again, step, Notice(message="b")):
        tell(event)
    assert heard == [Notice(message="a"), step, step, Notice(message="b")]
