"""Payloads that break their schema are understood all the same, by the named rules of `rules.py`.

Each rule looks at one `Problem` and either mends the payload, waives the problem (the value is
usable as it is), drops the value, or does not apply. What no rule can take makes the whole request
a CALLERROR with the code of that problem. The names of the rules that were needed come back with
the payload and are recorded on the station; `strict` turns all of them off.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

from stations.ocpp.errors import CallError
from stations.ocpp.frames import Payload
from stations.ocpp.rules import RULES, Case, Verdict
from stations.ocpp.schemas import Problem, request_problems, response_problems

Path = tuple[str | int, ...]
Waived = set[tuple[Path, str]]

MAX_ROUNDS = 12
"""Mending can bring up the next problem (an emptied list); more rounds than this are hopeless."""


class Repaired(NamedTuple):
    payload: Payload
    quirks: tuple[str, ...]


def check(version: str, action: str, payload: Payload, *, strict: bool = False) -> Repaired:
    """The payload as it can be processed, with the names of the rules that were needed, or `CallError`."""
    problems = request_problems(version, action, payload)
    if not problems:
        return Repaired(payload, ())
    return _repair(partial(request_problems, version, action), problems, action, payload, strict)


def check_answer(version: str, action: str, payload: Payload, *, strict: bool = False) -> Repaired:
    """The same for a station's answer to a call of ours."""
    problems = response_problems(version, action, payload)
    if not problems:
        return Repaired(payload, ())
    return _repair(partial(response_problems, version, action), problems, action, payload, strict)


def rule_for(action: str, problem: Problem, payload: Payload) -> str:
    """The name of the rule that takes this problem; empty where none does. The payload may be mended."""
    try:
        return _judge(_case(action, problem, payload))[0]
    except CallError:
        return ""


def _repair(
    find: Callable[[Payload], list[Problem]], problems: list[Problem], action: str, payload: Payload, strict: bool
) -> Repaired:
    if strict:
        raise _refusal(problems[0])
    mended = copy.deepcopy(payload)
    quirks: dict[str, None] = {}
    waived: Waived = set()
    for _ in range(MAX_ROUNDS):
        _mend(action, mended, [each for each in problems if (each.path, each.keyword) not in waived], quirks, waived)
        problems = find(mended)
        if all((problem.path, problem.keyword) in waived for problem in problems):
            return Repaired(mended, tuple(quirks))
    raise _refusal(problems[0])


def _mend(action: str, payload: Payload, problems: Iterable[Problem], quirks: dict[str, None], waived: Waived) -> None:
    """One round: every problem finds its rule, and what has to go goes."""
    drops: set[Path] = set()
    for problem in problems:
        name, verdict = _judge(_case(action, problem, payload))
        quirks[name] = None
        if verdict is Verdict.WAIVED:
            waived.add((problem.path, problem.keyword))
        elif verdict is Verdict.DROP:
            drops.add(problem.path)
        elif verdict is Verdict.DROP_PARENT:
            drops.add(problem.path[:-1])
        elif verdict is Verdict.DROP_SAMPLE:
            drops.add(problem.path[: problem.path.index("sampledValue") + 2])
    if drops:
        _drop(payload, drops)
        waived.clear()  # places have moved


def _refusal(problem: Problem) -> CallError:
    path = "/".join(str(part) for part in problem.path)
    return CallError(problem.code, f"{path}: {problem.message}" if path else problem.message)


def _judge(case: Case) -> tuple[str, Verdict]:
    for rule in RULES.get(case.problem.keyword, ()):
        if (verdict := rule(case)) is not None:
            return verdict
    raise _refusal(case.problem)


def _case(action: str, problem: Problem, payload: Payload) -> Case:
    parent: Any = None
    value: Any = payload
    for part in problem.path:
        parent, value = value, value[part]
    return Case(action, problem, payload, parent, value)


def _drop(payload: Payload, paths: Iterable[Path]) -> None:
    """Remove the values at `paths`, later items of a list first, so that no place moves too early."""
    for path in sorted(paths, key=lambda p: [(isinstance(part, int), part) for part in p], reverse=True):
        container: Any = payload
        try:
            for part in path[:-1]:
                container = container[part]
            del container[path[-1]]
        except (KeyError, IndexError, TypeError):  # it went with its container
            continue
