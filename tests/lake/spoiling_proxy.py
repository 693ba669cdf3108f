"""A proxy before an S3-compatible server that makes a worse one of it; a program of its own.

Its own process, because what asks for a table's log may hold Python's lock while it waits.
"""

import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_DROPPED = {"connection", "keep-alive", "transfer-encoding", "expect", "server", "date"}


class _Proxy(ThreadingHTTPServer):
    """Passes requests on to a server; see `main`."""

    daemon_threads = True
    request_queue_size = 64
    upstream = ""
    ignores_conditions = False
    notes = Path()
    meeting = threading.Barrier(2)
    seconds = 0.0


class _Handler(BaseHTTPRequestHandler):
    """One request, passed on."""

    protocol_version = "HTTP/1.0"  # a connection each: nothing stays open
    server: _Proxy

    def _pass(self) -> None:
        body = self._body()
        self._note()
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _DROPPED}
        if self.server.seconds and self.command == "PUT" and "/_delta_log/" in self.path:
            self._meet()
        if self.server.ignores_conditions and self.command == "PUT":
            headers = {n: v for n, v in headers.items() if n.lower() != "if-none-match"}
        upstream = HTTPConnection(self.server.upstream, timeout=30)
        try:
            upstream.request(self.command, self.path, body, headers)
            self._answer(upstream)
        finally:
            upstream.close()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815 (names of the library)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _note(self) -> None:
        condition = "conditional" if "If-None-Match" in self.headers else "plain"
        with self.server.notes.open("a") as notes:
            notes.write(f"{self.command} {condition} {self.path}\n")

    def _meet(self) -> None:
        """Entries of a log after its first wait for each other."""
        if not self.path.endswith(".json") or self.path.endswith(f"{0:020d}.json"):
            return
        try:
            self.server.meeting.wait(self.server.seconds)
        except threading.BrokenBarrierError:
            self.server.meeting.reset()

    def _answer(self, upstream: HTTPConnection) -> None:
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {*_DROPPED, "content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the notes tell."""


def main() -> None:
    """Serve until killed.

    Arguments: the server's host and port; `ignores` or `keeps` conditions of writes; a file for a
    line a request; how many seconds two entries of a log wait for each other. Prints its port.
    """
    _Proxy.upstream, _Proxy.ignores_conditions = sys.argv[1], sys.argv[2] == "ignores"
    _Proxy.notes, _Proxy.seconds = Path(sys.argv[3]), float(sys.argv[4])
    with _Proxy(("127.0.0.1", 0), _Handler) as proxy:
        print(proxy.server_port, flush=True)  # noqa: T201 (that is how it is found)
        proxy.serve_forever()


if __name__ == "__main__":
    main()
