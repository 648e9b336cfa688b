"""Looks whether the CMS is there.

While it is, each poll shows that, and a request every ten seconds would be the larger part of the traffic of a charger
where nothing happens. So it is asked when nobody has heard of it for longer than polls are apart, and while it is away.
"""

from __future__ import annotations

from bridge.client.cms import Cms
from bridge.client.context import Context
from bridge.client.link import Link, Task


class Watch:
    """The task `health`."""

    def __init__(self, context: Context, link: Link, cms: Cms) -> None:
        self._context = context
        self._link = link
        self._cms = cms

    def run(self) -> None:
        while not self._context.stop.is_set():
            self.look()
            self._context.wait(Task.HEALTH, self._context.options.cms_check_interval)

    def look(self) -> None:
        heard, options = self._link.heard, self._context.options
        interval = options.polling_interval + options.cms_check_interval
        is_fresh = heard is not None and self._context.clock.monotonic() - heard < interval
        if self._link.is_up is True and (is_fresh or self._link.is_pushing):
            return
        self._cms.head()
