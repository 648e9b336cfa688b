"""A server with TLS, as security profiles 2 and 3 want it.

In production TLS ends in front of the server (docker/nginx.conf); here uvicorn speaks it, around the same application.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from stations.services.certificates import authority
from tests.certification.certificates import Issued
from tests.certification.support import IDENTITY
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


def boots(system: Secured, context: ssl.SSLContext, version: str, boot: str) -> bool:
    """Whether the station that says this is accepted.

    All in one thread: a TLS connection that one thread reads and another writes may break (OpenSSL).
    """

    async def talk() -> bool:
        address, offered = f"{system.url}/ocpp/{IDENTITY}", [Subprotocol(f"ocpp{version}")]
        async with connect(address, ssl=context, subprotocols=offered, proxy=None) as client:
            await client.send(boot)
            return '"Accepted"' in str(await asyncio.wait_for(client.recv(), 10))

    return asyncio.run(talk())


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
