"""A small shop: pages, reports, exports and a support page that checks whether a host answers."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BASE = "/srv/shop"
TRACE = open(f"{BASE}/run/requests.trace", "a", buffering=1, encoding="utf-8")


def shell(handler: "Page", command: str, cwd: str = BASE, limit: float = 240) -> bytes:
    """Run a command line as the page's helper and note which request asked for it."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    request = handler.headers.get("X-Request-Id", "-")
    TRACE.write(f"{process.pid} {time.time():.3f} {request}\n")
    try:
        return process.communicate(timeout=limit)[0]
    except subprocess.TimeoutExpired:
        return b"still running\n"


class Page(BaseHTTPRequestHandler):
    """One request."""

    server_version = "shop/2.4"

    def do_GET(self) -> None:
        """Answer a page by the first part of its path."""
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query).items()}
        name = url.path.strip("/").split("/")[0] or "home"
        page = getattr(self, f"page_{name}", None)
        if page is None:
            self.answer(404, b"not found\n")
            return
        try:
            self.answer(200, page(query))
        except (OSError, ValueError, KeyError) as error:
            self.answer(500, f"{type(error).__name__}\n".encode())

    def do_POST(self) -> None:
        """Keep an uploaded picture."""
        url = urllib.parse.urlsplit(self.path)
        name = os.path.basename(url.path) or "upload"
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with open(f"{BASE}/uploads/{name}", "wb") as picture:
            picture.write(body)
        self.answer(201, b"kept\n")

    def page_home(self, query: dict) -> bytes:
        """The front page."""
        return b"<h1>shop</h1>\n"

    def page_health(self, query: dict) -> bytes:
        """Tell a checker that we live."""
        return json.dumps({"ok": True, "time": int(time.time())}).encode()

    def page_item(self, query: dict) -> bytes:
        """Show one item."""
        return f"<h1>item {query.get('id', '0')}</h1>\n".encode()

    def page_report(self, query: dict) -> bytes:
        """Render a report with a renderer unpacked for this request."""
        work = tempfile.mkdtemp(prefix=query.get("prefix", "report") + "-")
        name = query.get("name", "sales")
        try:
            return shell(
                self,
                f"tar xzf {BASE}/lib/renderer.tgz && chmod +x render && ./render {name} 40"
                f" > {name}.txt && gzip -9 {name}.txt && cp {name}.txt.gz {BASE}/cache/",
                work,
            )
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def page_thumb(self, query: dict) -> bytes:
        """Make a small picture."""
        name, size = query["name"], query.get("size", "120")
        return shell(
            self,
            f"file -b uploads/{name}; head -c {size} uploads/{name} > cache/{name}.{size}.thumb"
            f" && sha1sum cache/{name}.{size}.thumb",
        )

    def page_export(self, query: dict) -> bytes:
        """Pack a customer's data."""
        name = query["name"]
        return shell(
            self,
            f"cd cache && (ls -l; date) > {name}.txt && zip -q {name}.zip {name}.txt && rm -f {name}.txt",
        )

    def page_orders(self, query: dict) -> bytes:
        """Ask the database for the last orders."""
        limit = int(query.get("limit", "10"))
        return shell(
            self,
            "psql -h 127.0.1.30 -p 5433 -U shop -At -d shop "
            f'-c "select id, amount from orders order by id desc limit {limit}"',
        )

    def page_check(self, query: dict) -> bytes:
        """Tell support whether a host's name resolves."""
        return shell(self, f"getent hosts {query['host']}")

    def page_status(self, query: dict) -> bytes:
        """Show the state of the machine to support."""
        return shell(self, "uptime; id -un; ss -ltn | head -20; ps -o pid,etime,args -u web | tail -12")

    def page_task(self, query: dict) -> bytes:
        """Run one of the host's tools for support."""
        name, ticket = query["name"], int(query["ticket"])
        if name not in ("inventory", "probe", "bundle", "beat"):
            raise ValueError(name)
        return shell(self, f"/usr/local/lib/hostmon/{name}.sh T{ticket}")

    def answer(self, status: int, body: bytes) -> None:
        """Send the answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form: str, *values: object) -> None:
        """Write one line to the log, which rotation may have moved."""
        with open("/var/log/shop/app.log", "a", encoding="utf-8") as log:
            log.write(f"{int(time.time())} {form % values}\n")


class Server(ThreadingHTTPServer):
    """A server whose threads end with it."""

    daemon_threads = True


Server((sys.argv[1], int(sys.argv[2])), Page).serve_forever()
