"""Serves the built console on every path that is not the API's."""

import secrets
from http import HTTPStatus
from pathlib import Path
from stat import S_ISREG

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from foreseen.api.identity.browsers import POLICY

BUILT = Path(__file__).with_name("static")
_PAGE = "index.html"
_NONCE = "__NONCE__"
"""Stands in the built page where the policy's word for our own styles goes (vite.config.ts)."""
_API = ("/api/", "/healthz", "/readyz", "/metrics")
_FOREVER = "public, max-age=31536000, immutable"
_NOT_BUILT = (
    "The console is not built here. Build it in the checkout with `make console`, and load this"
    " page again; the API and the command foreseen work without it.\n"
)


class Console:
    """Answers browsers with the console, and hands everything else on.

    It reads files of the built console only, which hold nothing of any organisation; what the page
    shows, it asks the API for.

    Args:
        app: The API.
        built: Folder of the built console; the page is read again when it is built anew.
    """

    def __init__(self, app: ASGIApp, built: Path = BUILT) -> None:
        self._app, self._built = app, built
        self._files = StaticFiles(directory=built, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let the API answer."""
        asked = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if not asked or scope["path"].startswith(_API) or scope["path"] == "/api":
            await self._app(scope, receive, send)
            return
        response = self._file(scope) or self._page(scope)
        if response is None:
            await self._app(scope, receive, send)
        else:
            await response(scope, receive, send)

    def _file(self, scope: Scope) -> Response | None:
        try:
            place, found = self._files.lookup_path(self._files.get_path(scope))
        except (HTTPException, OSError, ValueError):  # no path that can be a file's
            return None
        if found is None or not S_ISREG(found.st_mode) or Path(place).name == _PAGE:
            return None
        kept = {"Cache-Control": _FOREVER} if scope["path"].startswith("/assets/") else None
        return FileResponse(place, headers=kept, stat_result=found)

    def _page(self, scope: Scope) -> Response | None:
        """The one page, for every address that a browser may show; None for a lost file."""
        if "text/html" not in Headers(scope=scope).get("accept", ""):
            return None
        try:
            page = (self._built / _PAGE).read_text("utf-8")
        except FileNotFoundError:
            return PlainTextResponse(_NOT_BUILT, HTTPStatus.SERVICE_UNAVAILABLE)
        nonce = secrets.token_urlsafe(16)
        policy = f"{POLICY}; style-src 'self' 'nonce-{nonce}'"
        return HTMLResponse(
            page.replace(_NONCE, nonce), headers={"Content-Security-Policy": policy}
        )
