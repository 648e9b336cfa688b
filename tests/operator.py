"""An operator of a real server process: logs in as the administrator, and asks the REST API."""

from __future__ import annotations

import re
from typing import Any

import requests

from tests.server import PASSWORD, ServerProcess

TIMEOUT = 30


class Operator:
    """`get` and `post` below /api/v1/, with an API token, which survives restarts of the server.

    `same`: as whom somebody has logged in before, at another process of the same installation.
    """

    def __init__(self, server: ServerProcess, *, same: Operator | None = None) -> None:
        self._server = server
        self.headers: dict[str, str] = _log_in(server) if same is None else same.headers

    def post(self, path: str, body: dict[str, Any] | None = None) -> requests.Response:
        return requests.post(
            f"{self._server.http}/api/v1/{path}", json=body or {}, headers=self.headers, timeout=TIMEOUT
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = requests.get(f"{self._server.http}/api/v1/{path}", params=query, headers=self.headers, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def follow(self, address: str) -> Any:
        """The next part of a long list."""
        return self.get(address.split("/api/v1/", 1)[1])

    def download(self, path: str) -> bytes:
        answer = requests.get(f"{self._server.http}/api/v1/{path}", headers=self.headers, timeout=TIMEOUT)
        assert answer.status_code == 200, answer.text
        return answer.content


def _log_in(server: ServerProcess) -> dict[str, str]:
    """The headers of an administrator's requests."""
    with requests.Session() as session:
        page = session.get(f"{server.http}/login/", timeout=TIMEOUT).text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found is not None
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
        session.post(f"{server.http}/login/", data=form, timeout=TIMEOUT).raise_for_status()
        answer = session.post(
            f"{server.http}/api/v1/me/tokens",
            json={"name": "test", "role": "administrator"},
            headers={"X-CSRFToken": session.cookies["csrftoken"]},
            timeout=TIMEOUT,
        )
        assert answer.status_code == 201, answer.text
        return {"Authorization": f"Bearer {answer.json()['token']}"}
