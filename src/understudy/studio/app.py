"""The studio's web application: its pages, its files, and how failures are told."""

from __future__ import annotations

import importlib
import importlib.util
import logging
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from understudy.core.errors import UnderstudyError
from understudy.core.files import next_step_for
from understudy.studio import jobs_page, start_page
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
_ROUTERS = {
    "/review": "understudy.studio.review_page",
    "/convert": "understudy.studio.convert_page",
    "/expression": "understudy.studio.expression_page",
    "/explain": "understudy.studio.explain_page",
}


def create_app(context: StudioContext, host: str = "127.0.0.1") -> FastAPI:
    """The studio of a production.

    Args:
        context: what its pages share.
        host: the address that it listens on, which says by what names it may be called.
    """
    app = FastAPI(title="Understudy", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(start_page.router(context))
    app.include_router(jobs_page.router(context))
    pages = dict(_PAGES)
    for path, module in _ROUTERS.items():
        if importlib.util.find_spec(module) is None:
            del pages[path]
        else:
            app.include_router(importlib.import_module(module).router(context))

    @app.get("/api/studio")
    def studio() -> dict[str, object]:
        """What every page's header shows."""
        shown = [{"path": path, "name": name} for path, name in pages.items()]
        return {"production": context.production.name, "version": version("understudy"), "pages": shown}

    app.mount("/web", StaticFiles(directory=WEB))
    app.add_exception_handler(Exception, _failed)
    app.add_exception_handler(UnderstudyError, _told)
    app.add_exception_handler(OSError, _told)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_middleware(Guard, token=context.token, host=host)
    return app


async def _told(request: Request, error: Exception) -> JSONResponse:
    """What failed and what to do, for the page to show."""
    del request
    if isinstance(error, OSError) and not isinstance(error, UnderstudyError):
        what, next_step = f"{error.strerror or error} {error.filename or ''}".strip(), next_step_for(error)
    else:
        assert isinstance(error, UnderstudyError)
        what, next_step = error.what, error.next_step
    status = 404 if isinstance(error, UnknownError) else 400
    return JSONResponse({"error": what, "next_step": next_step}, status)


async def _misunderstood(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, RequestValidationError)
    mistake = error.errors()[0]
    where = ".".join(str(part) for part in mistake["loc"][1:])
    return JSONResponse({"error": f"{where}: {mistake['msg']}", "next_step": "reload the page"}, 422)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    logging.getLogger(__name__).error("%s failed", request.url.path, exc_info=error)
    what = f"unexpected failure, {type(error).__name__}: {error}"
    return JSONResponse({"error": what, "next_step": "see the terminal, and report it"}, 500)
