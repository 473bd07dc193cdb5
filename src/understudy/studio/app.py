"""The studio's web application: its pages, its files, and how failures are told."""

from __future__ import annotations

import html
import logging
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from understudy.core.errors import UnderstudyError
from understudy.core.files import next_step_for
from understudy.studio import (
    convert_page,
    explain_page,
    expression_page,
    jobs_page,
    review_page,
    start_page,
)
from understudy.studio.context import StudioContext, UnknownError
from understudy.studio.pages import WEB
from understudy.studio.security import Guard

_PAGES = {
    "/": "Start",
    "/review": "Review",
    "/convert": "Preview",
    "/expression": "Expression",
    "/explain": "How it works",
}
_PARTS = (start_page, jobs_page, review_page, convert_page, expression_page, explain_page)


def create_app(context: StudioContext, host: str = "127.0.0.1") -> FastAPI:
    """The studio of a production.

    Args:
        context: what its pages share.
        host: the address that it listens on, which says by what names it may be called.
    """
    app = FastAPI(title="Understudy", docs_url=None, redoc_url=None, openapi_url=None)
    for part in _PARTS:
        app.include_router(part.router(context))

    @app.get("/api/studio")
    def studio() -> dict[str, object]:
        """What every page's header shows."""
        shown = [{"path": path, "name": name} for path, name in _PAGES.items()]
        return {"production": context.production.name, "version": version("understudy"), "pages": shown}

    app.mount("/web", StaticFiles(directory=WEB))
    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(UnderstudyError, _told)
    app.add_exception_handler(OSError, _told)
    app.add_exception_handler(HTTPException, _nowhere)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_middleware(Guard, token=context.token, host=host)
    return app


async def _told(request: Request, error: Exception) -> Response:
    """What failed and what to do, for the page to show."""
    if isinstance(error, OSError) and not isinstance(error, UnderstudyError):
        what, next_step = f"{error.strerror or error} {error.filename or ''}".strip(), next_step_for(error)
    else:
        assert isinstance(error, UnderstudyError)
        what, next_step = error.what, error.next_step
    status = 404 if isinstance(error, UnknownError) else 400
    if _is_opened(request):
        return _page_of(what, next_step, status)
    return JSONResponse({"error": what, "next_step": next_step}, status)


async def _nowhere(request: Request, error: Exception) -> Response:
    """An address that there is not, or that is not asked in this way."""
    assert isinstance(error, HTTPException)
    if _is_opened(request):
        return _page_of("There is no such page", "go back to the start page", error.status_code)
    return JSONResponse({"error": str(error.detail), "next_step": "reload the page"}, error.status_code)


def _is_opened(request: Request) -> bool:
    """Whether somebody opens an address, rather than a page's script asking."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def _page_of(what: str, next_step: str, status: int) -> HTMLResponse:
    """A failure as a page with the way back, where there is no page that could show it."""
    content = (WEB / "failed.html").read_text(encoding="utf-8")
    filled = content.replace("WHAT", html.escape(what)).replace("NEXT", html.escape(next_step))
    return HTMLResponse(filled, status)


async def _misunderstood(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if _is_opened(request):
        return _page_of("There is no such page", "go back to the start page", 404)
    mistake = error.errors()[0]
    where = ".".join(str(part) for part in mistake["loc"][1:])
    return JSONResponse({"error": f"{where}: {mistake['msg']}", "next_step": "reload the page"}, 422)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("%s failed", request.url.path, exc_info=error)
    what = f"unexpected failure, {type(error).__name__}: {error}"
    return JSONResponse({"error": what, "next_step": "see the terminal, and report it"}, 500)
