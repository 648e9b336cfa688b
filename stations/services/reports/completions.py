"""What is made of reports, by their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from smartserver.core.batch import Batch
from smartserver.core.masking import mask_text
from stations.models import Report
from stations.ocpp.reports import ReportKind
from stations.services.equipment import inventory
from stations.services.monitoring import monitors


def keep_text(batch: Batch, report: Report, items: list[Any]) -> None:
    """What is known of a customer: a text, cut into parts. It may hold what no log may show."""
    report.text = mask_text("".join(map(str, items)), tokens=False, addresses=False)
    report.save(update_fields=("text",))


Use = Callable[[Batch, Report, list[Any]], None]

AT_ONCE: Mapping[ReportKind, Use] = {
    ReportKind.INVENTORY: inventory.keep_part,
}
"""What is made of each part when it comes, with its items; once, or again when it comes with another content."""

COMPLETIONS: dict[ReportKind, Use] = {
    ReportKind.CUSTOMER_INFORMATION: keep_text,
    ReportKind.INVENTORY: inventory.complete,
    ReportKind.MONITORING: monitors.keep_report,
}
"""What is made of a whole report: called once, with all items in the order of their parts, when the last one has come;
and without items when the station has answered that there are none (`Report.State.EMPTY`). `report.command` is the
request; None where nobody asked, or the parts were faster than the answer."""
