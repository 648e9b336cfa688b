"""The ASGI application: HTTP, the four kinds of sockets, start and stop."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartserver.settings")
django_application = get_asgi_application()

# Models can be imported only now.
from channels.routing import ProtocolTypeRouter  # noqa: E402

from bridge.cms.application import ChargersFirst  # noqa: E402
from smartserver.api.bodies import LimitedBodies, MeasuredRequest  # noqa: E402
from smartserver.core.runtime import Lifespan  # noqa: E402
from smartserver.dashboard.health import HealthFirst  # noqa: E402
from smartserver.routing import websockets  # noqa: E402
from smartserver.runtime import runtime  # noqa: E402
from stations.files.application import FilesFirst  # noqa: E402

django_application.request_class = MeasuredRequest

application = ProtocolTypeRouter(
    {
        "http": HealthFirst(FilesFirst(ChargersFirst(LimitedBodies(django_application), runtime), runtime), runtime),
        "websocket": websockets(runtime),
        "lifespan": Lifespan(runtime),
    }
)
