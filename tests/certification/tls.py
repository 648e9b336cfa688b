"""A server with TLS, as security profiles 2 and 3 want it.

In production TLS ends in front of the server (docker/nginx.conf); here uvicorn speaks it, around the same application.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stations.services.certificates import authority
from tests.certification.certificates import Issued
from tests.stations.files.support import WholeServer


class Secured:
    """The server, and the certificate of the authority that its own is from."""

    def __init__(self, server: WholeServer, folder: Path, root: Issued) -> None:
        self.server = server
        self.url = server.ws.replace("ws:", "wss:")
        self.ca_file, _ = root.save(folder, "root")

    def trusting(self) -> ssl.SSLContext:
        """For a station that knows the authority."""
        return ssl.create_default_context(cafile=self.ca_file)


@contextmanager
def secured(*, client_certificates: bool = False) -> Iterator[Secured]:
    """`client_certificates`: stations have to show one that our own authority has signed (profile 3)."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), Issued("Root of the central system")
        certificate, key = Issued("127.0.0.1", root).save(folder, "server")
        options: dict[str, object] = {"ssl_certfile": certificate, "ssl_keyfile": key}
        if client_certificates:
            ours = folder / "ours.pem"
            ours.write_text(authority.root_pem())
            options |= {"ssl_ca_certs": str(ours), "ssl_cert_reqs": ssl.CERT_REQUIRED}
        server = WholeServer(**options)
        server.start()
        try:
            yield Secured(server, folder, root)
        finally:
            server.stop()
