"""Exit code 0 when what runs in this container answers with 200: `healthcheck.py [PORT [PATH]]`. For HEALTHCHECK."""

from __future__ import annotations

import http.client
import sys


def main(port: str = "8000", path: str = "/healthz") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=4)
    try:
        connection.request("GET", path)
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
