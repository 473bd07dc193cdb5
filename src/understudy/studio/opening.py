"""`understudy.open_studio` and `understudy.open_review`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from understudy.core.errors import ConfigError, FacesetError
from understudy.core.events import Notice, OnEvent, ignore

AnyPath = str | os.PathLike[str]
OnReady = Callable[[str], None]


def open_studio(
    production: AnyPath = "studio",
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    browser: bool = True,
    on_event: OnEvent = ignore,
) -> None:
    """Serve the web studio of a production until it is interrupted.

    Args:
        production: its folder, made when something is put there; each swap gets a folder of its own in it.
        port: where the studio listens; 8420, or a free port where that is taken, where None.
        host: address to listen on. Only this machine can reach "127.0.0.1".
        browser: open the studio in the browser.
        on_event: hears of the address to open.

    Raises:
        UnderstudyError: the port is in use, or the folder is a file.
        KeyboardInterrupt: it was interrupted; the work that was going on is saved.
    """
    folder = Path(production)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file", "name a folder for the production")
    _serve(folder, None, port, host, browser=browser, on_event=on_event)


def open_review(
    faceset: AnyPath,
    *,
    port: int | None = None,
    host: str = "127.0.0.1",
    browser: bool = True,
    on_event: OnEvent = ignore,
) -> None:
    """Serve the web studio until it is interrupted, and open it where a faceset is reviewed.

    Args:
        faceset: folder with the faces.
        port: as of `open_studio`.
        host: as of `open_studio`.
        browser: as of `open_studio`.
        on_event: hears of the address to open.

    Raises:
        UnderstudyError: there is no faceset, or the port is in use.
        KeyboardInterrupt: it was interrupted; each change was saved as it was made.
    """
    from understudy.faces.faceset_schema import is_faceset

    folder = Path(faceset)
    if not is_faceset(folder):
        raise FacesetError(f"there is no faceset in {folder}", "make one with `understudy extract`")
    _serve(folder.absolute().parent, folder, port, host, browser=browser, on_event=on_event)


def _serve(
    production: Path,
    faceset: Path | None,
    port: int | None,
    host: str,
    *,
    browser: bool,
    on_event: OnEvent,
) -> None:
    # slow to import
    from understudy.studio.context import StudioContext
    from understudy.studio.security import is_loopback
    from understudy.studio.serve import serve

    context = StudioContext(production=production)
    path = "/"
    if faceset is not None:
        path = "/review?" + urlencode({"faceset": context.know(faceset)})
    if not is_loopback(host):
        on_event(
            Notice(message=f"{host} can be reached by others, and what the studio shows is not encrypted")
        )
    serve(
        context,
        path=path,
        port=port,
        host=host,
        browser=browser,
        on_ready=lambda url: on_event(Notice(message=f"the studio is at {url}", is_warning=False)),
    )
