"""moto's S3 server, one request at a time; prints its port. A program of its own.

moto looks whether an object is there and writes it in two steps: of several conditional writes at
once more than one may win. No real store does that.
"""

import threading
from collections.abc import Iterable

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

_ONE_AT_A_TIME = threading.Lock()


def main() -> None:
    """Serve until killed."""
    app = DomainDispatcherApplication(create_backend_app)

    def serial(environ: dict[str, object], start: object) -> Iterable[bytes]:
        with _ONE_AT_A_TIME:
            return list(app(environ, start))

    server = make_server("127.0.0.1", 0, serial, threaded=True)
    print(server.port, flush=True)  # noqa: T201 (it tells its parent)
    server.serve_forever()


if __name__ == "__main__":
    main()
