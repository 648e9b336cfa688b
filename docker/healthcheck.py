"""Exit code 0 when the server in this container answers. For HEALTHCHECK."""

from __future__ import annotations

import http.client
import os
import sys


def host_name(allowed_hosts: str) -> str:
    """A name that the server takes as its own: it refuses requests under any other."""
    first = allowed_hosts.split(",")[0].strip().lstrip(".")
    return first if first and first != "*" else "localhost"


def main() -> int:
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=4)
    try:
        connection.request("GET", "/healthz", headers={"Host": host_name(os.environ.get("ALLOWED_HOSTS", ""))})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
