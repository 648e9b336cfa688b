"""A check of VAT numbers (`VAT_NUMBER_CHECK`) that knows one company."""

from __future__ import annotations

from stations.services.tariffs import vat_numbers
from stations.services.tariffs.vat_numbers import Verdict

COMPANY = {"name": "Acme", "address1": "Street 1", "city": "Town", "country": "DE"}


def check(number: str) -> Verdict:
    verdict = vat_numbers.check(number)
    return verdict._replace(company=COMPANY) if verdict.valid else verdict
