"""Whether a VAT number can be one of the European Union: its form, and its check digits where they are well known.

Nobody is asked, so a number that passes may still be nobody's; a `VAT_NUMBER_CHECK` of your own can look it up. Forms
are those of VIES; where a country has several kinds of numbers, those of companies are checked to the digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from string import ascii_uppercase
from typing import Any, NamedTuple


class Verdict(NamedTuple):
    """`reason`: a reasonCode of at most 20 characters. `company`: an AddressType, where it is known."""

    valid: bool
    reason: str = ""
    company: dict[str, Any] | None = None


class _Country(NamedTuple):
    form: re.Pattern[str]
    check: Callable[[str], bool]


def check(number: str) -> Verdict:
    """Judge a number, with its country in front; blanks, dots and hyphens do not count."""
    plain = re.sub(r"[\s.\-]", "", number).upper()
    country = _COUNTRIES.get(plain[:2])
    if country is None:
        return Verdict(False, "UnknownCountry")
    body = plain[2:]
    if not country.form.fullmatch(body):
        return Verdict(False, "InvalidFormat")
    return Verdict(True) if country.check(body) else Verdict(False, "InvalidCheckDigit")


# -- ways to count ------------------------------------------------------------------------------


def _digits(text: str) -> list[int]:
    return [int(each) for each in text]


def _weighted(weights: Sequence[int], text: str) -> int:
    return sum(weight * digit for weight, digit in zip(weights, _digits(text), strict=False))


def _divisible(weights: Sequence[int], divisor: int, rest: int = 0) -> Callable[[str], bool]:
    """The weighted sum of all digits leaves this rest."""
    return lambda text: _weighted(weights, text) % divisor == rest


def _luhn(text: str) -> bool:
    """ISO/IEC 7812: every second digit from the right counts twice."""
    doubled = [sum(divmod(2 * digit, 10)) if index % 2 else digit for index, digit in enumerate(_digits(text)[::-1])]
    return sum(doubled) % 10 == 0


def _iso_7064(text: str) -> bool:
    """ISO 7064, MOD 11,10."""
    product = 10
    for digit in _digits(text[:-1]):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(text[-1])


def _any(_: str) -> bool:
    return True


# -- countries ----------------------------------------------------------------------------------


def _austria(text: str) -> bool:
    total = sum(
        digit if index % 2 == 0 else sum(divmod(2 * digit, 10)) for index, digit in enumerate(_digits(text[1:8]))
    )
    return (6 - total) % 10 == int(text[8])


def _belgium(text: str) -> bool:
    return 97 - int(text[:8]) % 97 == int(text[8:])


def _bulgaria(text: str) -> bool:
    if len(text) == 10:
        return True  # a person's
    first = _weighted(range(1, 9), text[:8]) % 11
    return (first if first < 10 else _weighted(range(3, 11), text[:8]) % 11 % 10) == int(text[8])


def _cyprus(text: str) -> bool:
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
    total = sum(odd[digit] if index % 2 == 0 else digit for index, digit in enumerate(_digits(text[:8])))
    return ascii_uppercase[total % 26] == text[8]


def _czechia(text: str) -> bool:
    if len(text) != 8:
        return True  # a person's
    return ((11 - _weighted(range(8, 1, -1), text[:7]) % 11) % 11 or 1) % 10 == int(text[7])


def _greece(text: str) -> bool:
    return _weighted([2**power for power in range(8, 0, -1)], text[:8]) % 11 % 10 == int(text[8])


_PERSONS_OF_SPAIN = "TRWAGMYFPDXBNJZSQVHLCKE"


def _spain(text: str) -> bool:
    first, middle, last = text[0], text[1:8], text[8]
    if first.isdigit():
        return _PERSONS_OF_SPAIN[int(text[:8]) % 23] == last
    if first in "XYZ":
        return _PERSONS_OF_SPAIN[int(f"{'XYZ'.index(first)}{middle}") % 23] == last
    if first in "KLM":
        return _PERSONS_OF_SPAIN[int(middle) % 23] == last
    digit = next(each for each in range(10) if _luhn(f"{middle}{each}"))
    return last in (str(digit), "JABCDEFGHI"[digit])


def _france(text: str) -> bool:
    key, siren = text[:2], text[2:]
    if not siren.startswith("000") and not _luhn(siren):  # Monaco has no SIREN
        return False
    return not key.isdigit() or int(f"{siren}12") % 97 == int(key)


def _ireland(text: str) -> bool:
    letters = "WABCDEFGHIJKLMNOPQRSTUV"
    if not text[1].isdigit():  # the old form: the second character is a letter, + or *
        text = f"0{text[2:7]}{text[0]}{text[7]}"
    more = 9 * letters.index(text[8]) if len(text) == 9 else 0
    return letters[(_weighted(range(8, 1, -1), text[:7]) + more) % 23] == text[7]


def _lithuania(text: str) -> bool:
    body, last = text[:-1], int(text[-1])
    first = _weighted([1 + index % 9 for index in range(len(body))], body) % 11
    second = _weighted([1 + (index + 2) % 9 for index in range(len(body))], body) % 11 % 10
    return text[-2] == "1" and (first if first < 10 else second) == last


def _luxembourg(text: str) -> bool:
    return int(text[:6]) % 89 == int(text[6:])


def _latvia(text: str) -> bool:
    return text[0] <= "3" or _weighted((9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1), text) % 11 == 3  # else a person's


def _netherlands(text: str) -> bool:
    """Of companies (a sum of the digits), or of sole traders since 2020 (the whole number, letters as 10 to 35)."""
    if _weighted((9, 8, 7, 6, 5, 4, 3, 2, -1), text[:9]) % 11 == 0:
        return True
    return int("".join(str(int(each, 36)) for each in f"NL{text}")) % 97 == 1


def _portugal(text: str) -> bool:
    return (11 - _weighted(range(9, 1, -1), text[:8]) % 11) % 11 % 10 == int(text[8])


def _romania(text: str) -> bool:
    return 10 * _weighted((7, 5, 3, 2, 1, 7, 5, 3, 2), text[:-1].zfill(9)) % 11 % 10 == int(text[-1])


def _sweden(text: str) -> bool:
    return _luhn(text[:10])


def _slovenia(text: str) -> bool:
    digit = 11 - _weighted(range(8, 1, -1), text[:7]) % 11
    return digit != 11 and digit % 10 == int(text[7])


def _slovakia(text: str) -> bool:
    return int(text) % 11 == 0


def _country(form: str, check: Callable[[str], bool] = _any) -> _Country:
    return _Country(re.compile(form, re.ASCII), check)


_COUNTRIES = {
    "AT": _country(r"U\d{8}", _austria),
    "BE": _country(r"[01]\d{9}", _belgium),
    "BG": _country(r"\d{9,10}", _bulgaria),
    "CY": _country(r"\d{8}[A-Z]", _cyprus),
    "CZ": _country(r"\d{8,10}", _czechia),
    "DE": _country(r"[1-9]\d{8}", _iso_7064),
    "DK": _country(r"[1-9]\d{7}", _divisible((2, 7, 6, 5, 4, 3, 2, 1), 11)),
    "EE": _country(r"\d{9}", _divisible((3, 7, 1, 3, 7, 1, 3, 7, 1), 10)),
    "EL": _country(r"\d{9}", _greece),
    "ES": _country(r"[0-9A-HJ-NP-SUVWXYZ]\d{7}[0-9A-Z]", _spain),
    "FI": _country(r"\d{8}", _divisible((7, 9, 10, 5, 8, 4, 2, 1), 11)),
    "FR": _country(r"[0-9A-HJ-NP-Z]{2}\d{9}", _france),
    "HR": _country(r"\d{11}", _iso_7064),
    "HU": _country(r"\d{8}", _divisible((9, 7, 3, 1, 9, 7, 3, 1), 10)),
    "IE": _country(r"\d[0-9A-Z+*]\d{5}[A-W][A-IW]?", _ireland),
    "IT": _country(r"\d{11}", _luhn),
    "LT": _country(r"\d{9}|\d{12}", _lithuania),
    "LU": _country(r"\d{8}", _luxembourg),
    "LV": _country(r"\d{11}", _latvia),
    "MT": _country(r"\d{8}", _divisible((3, 4, 6, 7, 8, 9, 10, 1), 37)),
    "NL": _country(r"\d{9}B\d{2}", _netherlands),
    "PL": _country(r"\d{10}", _divisible((6, 5, 7, 2, 3, 4, 5, 6, 7, -1), 11)),
    "PT": _country(r"[1-9]\d{8}", _portugal),
    "RO": _country(r"[1-9]\d{1,9}", _romania),
    "SE": _country(r"\d{10}01", _sweden),
    "SI": _country(r"[1-9]\d{7}", _slovenia),
    "SK": _country(r"[1-9]\d[2-47-9]\d{7}", _slovakia),
}
"""By the prefix of VIES (Greece is EL)."""
