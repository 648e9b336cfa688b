"""What was wrong with an exchange, told afterwards: each place that breaks its schema, and the rule that took it. Pure.

Values are never quoted: they may be secrets, and who reads this has the exchange beside it.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

from stations.ocpp import schemas
from stations.ocpp.repairs import rule_for
from stations.ocpp.schemas import Problem
from stations.ocpp.versions import VERSIONS

REQUEST, REPLY = "request", "reply"

MAX_FINDINGS = 50
"""A payload may be wrong in every place; nobody reads more than this."""


class Finding(NamedTuple):
    """One place. `expected`: what the keyword asks for, as texts; `rule`: the name of the rule, if one takes it."""

    part: str
    path: tuple[str | int, ...]
    keyword: str
    expected: tuple[str, ...]
    rule: str

    @property
    def pointer(self) -> str:
        """The path as a JSON pointer (RFC 6901)."""
        return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in self.path)

    @property
    def reason(self) -> str:
        wanted = ", ".join(self.expected)
        return _REASONS.get(self.keyword, "It breaks the schema's rule “{keyword}”.").format(
            wanted=wanted, keyword=self.keyword
        )


UNKNOWN_ACTION = "action"

_REASONS = {
    UNKNOWN_ACTION: "This action is none of OCPP {wanted}.",
    "type": "It is not of the type {wanted}.",
    "enum": "It is none of {wanted}.",
    "maxLength": "It is longer than {wanted} characters.",
    "required": "{wanted} is missing.",
    "additionalProperties": "The schema does not know this field.",
    "format": "It is not written as {wanted}.",
}


def inspect(version: str, action: str, *, request: Any, reply: Any, from_station: bool) -> list[Finding]:
    """What is wrong with a call and with its answer (None where there is none).

    What is no object cannot be looked into, and what speaks no OCPP has no schemas: nothing is found there.
    """
    if version not in VERSIONS or not action:
        return []
    if action not in schemas.actions(version):
        return [Finding(REQUEST, (), UNKNOWN_ACTION, (version,), "")]
    found: list[Finding] = []
    if isinstance(request, dict):
        problems = schemas.request_problems(version, action, request)
        found += _findings(REQUEST, action, request, problems, mended=from_station)
    if isinstance(reply, dict):
        problems = schemas.response_problems(version, action, reply)
        found += _findings(REPLY, action, reply, problems, mended=not from_station)
    return found[:MAX_FINDINGS]


def _findings(
    part: str, action: str, payload: dict[str, Any], problems: list[Problem], *, mended: bool
) -> list[Finding]:
    """`mended`: a station said it, so that the rules of tolerance apply."""
    found = []
    for problem in problems[:MAX_FINDINGS]:
        rule = rule_for(action, problem, copy.deepcopy(payload)) if mended else ""
        expected = _texts(problem.expected)
        if problem.keyword == "additionalProperties":
            found += [Finding(part, (*problem.path, name), problem.keyword, (), rule) for name in expected]
        else:
            found.append(Finding(part, problem.path, problem.keyword, expected, rule))
    return found


def _texts(expected: Any) -> tuple[str, ...]:
    if expected is None:
        return ()
    return tuple(map(str, expected)) if isinstance(expected, list | tuple | set | frozenset) else (str(expected),)
