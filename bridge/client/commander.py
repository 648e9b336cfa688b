"""Commands from the CMS: taken, executed once, answered. The journal remembers each step before the next one."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from bridge import wire
from bridge.client import outcome
from bridge.client.answers import Executor
from bridge.client.backoff import grown
from bridge.client.bodies import Body
from bridge.client.cms import Cms, Fate
from bridge.client.context import Context
from bridge.client.journal import Execution, Journal, Lane, Verdict
from bridge.client.link import Link, Task
from bridge.client.logs import Way
from bridge.client.outcome import Answer
from bridge.client.pushing import MAX_RESULT, Pusher
from bridge.client.transport import Stopped, TransportError
from bridge.wire import BadCommand, RemoteCommand

MAX_ATTEMPTS = 100
"""Reports of one answer, hours apart in the end; a CMS that still does not take it never will."""

logger = logging.getLogger("bridge")

TASKS = {Lane.QUICK: Task.QUICK, Lane.FILES: Task.FILES}


class Intake:
    """Where commands arrive, from whichever wire. Any thread may hand them in."""

    def __init__(self, context: Context, kept: Journal) -> None:
        self._context = context
        self._journal = kept
        self._lock = threading.Lock()

    def accept(self, command: RemoteCommand) -> Verdict:
        with self._lock:
            verdict = self._journal.accept(command)
        context, number = self._context, command.execution_id
        text = f"Command {number}: {command.method.name} {command.path.partition('?')[0]}"
        match verdict:
            case Verdict.NEW:
                context.say(Way.FROM_SERVER, text)
            case Verdict.BUSY:
                context.say(Way.FROM_SERVER, f"{text}: it came before, its answer is on its way")
            case Verdict.AGAIN:
                context.say(Way.FROM_SERVER, f"{text}: it was executed before, its answer goes out again")
            case Verdict.REFUSED:
                context.warn(Way.FROM_SERVER, f"{text}: the number stood for another command before, it is refused")
            case Verdict.UNSTORED:
                context.warn(Way.WITHIN, f"{text}: it is not executed, the journal cannot be written")
            case Verdict.FULL:
                context.warn(Way.FROM_SERVER, f"{text}: too many wait already, it is refused")
        context.bells.ring(*TASKS.values())
        return verdict

    def refuse(self, error: BadCommand) -> None:
        with self._lock:
            self._journal.refuse(error.execution_id, f"Not executed: {error}")
        self._context.warn(Way.FROM_SERVER, f"Command {error.execution_id} is refused: {error}")
        self._context.bells.ring(Task.QUICK)


class Commander:
    """The task of one lane: what is answered is reported first, then the next command is executed."""

    def __init__(
        self,
        context: Context,
        link: Link,
        lane: Lane,
        kept: Journal,
        executor: Executor,
        cms: Cms,
        pusher: Pusher | None,
        folder: Path,
    ) -> None:
        self._context = context
        self._link = link
        self._lane = lane
        self._journal = kept
        self._executor = executor
        self._cms = cms
        self._pusher = pusher
        self._folder = folder
        self._unfinished: tuple[Execution, Answer] | None = None

    def run(self) -> None:
        while not self._context.stop.is_set():
            if not self.step():
                self._context.wait(TASKS[self._lane], self._context.options.retry_time)

    def step(self) -> bool:
        """Whether there was something to do."""
        return self._finish_last() or self._report_unstored() or self._report_next() or self._execute_next()

    # -- executing --------------------------------------------------------------------------------

    def _execute_next(self) -> bool:
        execution = self._journal.next_accepted(self._lane)
        if execution is None or execution.command is None:
            return False
        if self._journal.is_stale(execution):
            self._journal.finish(execution, outcome.TOO_OLD)
            return True
        if reason := self._executor.refusal(execution.command):
            self._context.warn(Way.WITHIN, f"Command {execution.id} is refused: {reason}")
            self._journal.finish(execution, outcome.failure(outcome.NOT_KNOWN, reason))
            return True
        if self._journal.start(execution):
            self._execute(execution, execution.command)
        return True

    def _execute(self, execution: Execution, command: RemoteCommand) -> None:
        try:
            answer = self._executor.execute(command)
        except Stopped:
            return  # at the next start it is reported as interrupted
        except Exception:  # a fault of ours; whoever waits for the answer shall not wait for its repair
            logger.exception("Command %d met a fault of the bridge", execution.id)
            reason = "The bridge failed while it was executed; it may have been. It is not repeated."
            answer = outcome.failure(outcome.NOT_KNOWN, reason)
        self._unfinished = execution, answer
        self._finish_last()

    def _finish_last(self) -> bool:
        """The answer to the command before, which is tried again where the disk was full."""
        if self._unfinished is None:
            return False
        self._journal.finish(*self._unfinished)
        self._unfinished = None
        return True

    # -- reporting --------------------------------------------------------------------------------

    def _report_unstored(self) -> bool:
        """Commands that the journal could not take; these reports are not repeated."""
        unstored = self._journal.unstored
        if self._lane is not Lane.QUICK or not unstored or not self._link.is_open:
            return False
        number, answer = unstored.popleft()
        try:
            self._cms.update_execution(number, self._body(answer), answer.status, is_large=False)
        except TransportError:
            self._context.warn(Way.WITHIN, f"The CMS does not know that command {number} was not executed")
        return True

    def _report_next(self) -> bool:
        execution = self._journal.next_answered(self._lane)
        if execution is None or execution.answer is None or not self._context.name:
            return False
        if self._pushed(execution, execution.answer):
            return True
        if not self._link.is_open:
            return False
        try:
            fate = self._posted(execution, execution.answer)
        except TransportError:
            fate = Fate.LATER
        except OSError as error:
            reason = f"It was executed, but its answer cannot be read any more ({error.strerror or error})."
            fate = self._replaced(execution, reason)
        self._settle(execution, fate)
        return True

    def _pushed(self, execution: Execution, answer: Answer) -> bool:
        """Over the push channel, where it is open and the answer fits; text files take the other way."""
        if self._pusher is None or not self._link.is_pushing or self._lane is Lane.FILES:
            return False
        if answer.body is None or len(answer.body) > MAX_RESULT:
            return False
        content = wire.read_answer(answer.body)
        word = self._pusher.push_result(execution.id, answer.status, content, answer.milliseconds)
        if word is None:
            return False
        if word.refusal:
            self._context.warn(Way.FROM_SERVER, f"The answer to command {execution.id} is refused: {word.refusal}")
        self._done(execution)
        return True

    def _posted(self, execution: Execution, answer: Answer) -> Fate:
        with self._body(answer) as body:
            reply = self._cms.update_execution(execution.id, body, answer.status, is_large=body.is_large)
        if reply.status == 415 and body.is_packed:
            self._link.takes_gzip = False
            return Fate.LATER
        if reply.fate is Fate.REFUSED and answer.file is not None:
            return self._replaced(execution, f"It was executed; the CMS refused its answer ({reply.status}).")
        return reply.fate

    def _body(self, answer: Answer) -> Body:
        if answer.file is not None:
            return Body.of_file(answer.file, compress=self._link.takes_gzip, folder=self._folder)
        return Body.of(answer.body or b"")

    def _replaced(self, execution: Execution, reason: str) -> Fate:
        """A short word in the place of a long answer."""
        status = execution.answer.status if execution.answer else outcome.NOT_KNOWN
        self._context.warn(Way.WITHIN, f"Command {execution.id}: {reason}")
        self._journal.finish(execution, outcome.failure(status, reason))
        return Fate.LATER

    def _settle(self, execution: Execution, fate: Fate) -> None:
        if fate is Fate.TAKEN:
            self._done(execution)
        elif fate is Fate.REFUSED or execution.attempts + 1 >= MAX_ATTEMPTS:
            text = f"The CMS does not take the answer to command {execution.id}; it is given up"
            self._context.say(Way.FROM_SERVER, text, level=logging.ERROR)
            self._journal.reported(execution)
        else:
            self._journal.postpone(execution, grown(self._context.options.retry_time, execution.attempts + 1))

    def _done(self, execution: Execution) -> None:
        self._journal.reported(execution)
        self._context.say(Way.FROM_SERVER, f"The answer to command {execution.id} has arrived")
