"""Commands of the CMS: executed once, answered always, with what the hardware really said."""

from __future__ import annotations

import shutil

import orjson

from bridge import wire
from bridge.client import journal, outcome
from bridge.client.store import Store, file_name
from bridge.wire import Method, RemoteCommand
from tests.bridge.client.support import BridgeCase, get, put
from tests.bridge.client.web import Answer, Drop, Raw, Request
from tests.waiting import eventually


class CommandTests(BridgeCase):
    def answer_to(self, command: RemoteCommand | bytes, **changes: object) -> tuple[int, object, str]:
        """What the CMS gets for this one command."""
        self.cms.commands.append(command)
        self.start(**changes)
        eventually(lambda: bool(self.cms.answers))
        self.assertEqual(len(self.cms.answers), 1)
        return self.cms.answers[0]

    def test_each_method_with_its_body(self) -> None:
        seen: list[tuple[str, str, bytes]] = []

        def route(request: Request) -> Answer:
            seen.append((request.method, request.headers.get("content-type", ""), request.body))
            return Answer(200, orjson.dumps({"method": request.method}))

        path = "/services/ocpp/settings"
        self.hardware.routes[path] = route
        self.cms.commands += [
            RemoteCommand(1, Method.GET, path),
            RemoteCommand(2, Method.PUT, path, False, '{"a": 1}'),
            RemoteCommand(3, Method.POST, path, False, "let a = 1", False),
            RemoteCommand(4, Method.DELETE, path),
        ]
        self.start()
        self.clock.run_until(lambda: len(self.cms.answers) == 4)
        self.assertEqual(
            seen,
            [
                ("GET", "", b""),
                ("PUT", "application/json", b'{"a": 1}'),
                ("POST", "application/javascript", b"let a = 1"),
                ("DELETE", "", b""),
            ],
        )
        self.assertEqual(
            self.cms.answers,
            [(number, {"method": method}, "200") for number, method in enumerate(("GET", "PUT", "POST", "DELETE"), 1)],
        )

    def test_an_answer_that_is_no_json_arrives_as_a_text(self) -> None:
        self.hardware.routes["/version"] = lambda request: Answer(200, b"1.2 \xff\n")
        self.assertEqual(self.answer_to(get(1)), (1, "1.2 \ufffd\n", "200"))

    def test_a_failure_of_the_hardware_is_reported_as_one(self) -> None:
        self.hardware.routes["/version"] = lambda request: Answer(500, b'{"message": "broken"}')
        _, answer, status = self.answer_to(get(1))
        self.assertEqual(status, "500")
        expected = {"Status": 500, "Error": "The hardware answered with 500.", "Body": {"message": "broken"}}
        self.assertEqual(answer, expected)

    def test_hardware_that_gives_no_answer(self) -> None:
        def drop(request: Request) -> Answer:
            raise Drop

        self.hardware.routes["/version"] = drop
        _, answer, status = self.answer_to(get(1))
        self.assertEqual(status, "0")
        assert isinstance(answer, dict)
        self.assertRegex(answer["Error"], r"^No answer from the hardware: .* It may have been executed\.$")

    def test_hardware_that_is_not_there(self) -> None:
        """Its id is known from before, so the CMS is told that no gun is known, and its command is answered."""
        self.run_once()
        self.hardware.close()
        self.cms.feeds.clear()
        _, answer, status = self.answer_to(get(1))
        self.assertEqual(status, "0")
        assert isinstance(answer, dict)
        self.assertRegex(
            answer["Error"], r"^No answer from the hardware: it cannot be reached .* It was not executed\.$"
        )
        self.assertEqual((self.cms.feeds[0]["Busy_A"], self.cms.feeds[0]["Evsestat_A"]), (False, -1))

    def test_a_path_that_is_not_allowed_is_refused_and_told(self) -> None:
        for number, path in enumerate(("/etc/passwd", "/docker-apps/containers/json", "/outlets/../state"), 1):
            self.cms.commands.append(get(number, path))
        self.start()
        self.clock.run_until(lambda: len(self.cms.answers) == 3)
        for _, answer, status in self.cms.answers:
            self.assertEqual(status, "0")
            self.assertTrue(answer["Error"].startswith("Not executed: "), answer)
        self.assertEqual(
            {request.path for request in self.hardware.requests},
            {"/id", "/state"},
        )

    def test_powerful_paths_only_where_they_are_switched_on(self) -> None:
        self.hardware.routes["/docker-apps/containers/json"] = lambda request: Answer(200, b"[]")
        self.assertEqual(self.answer_to(get(1, "/docker-apps/containers/json"), allow_powerful=True), (1, [], "200"))

    def test_a_command_that_is_wrong_is_told_so(self) -> None:
        wrong = orjson.dumps(orjson.dumps({"ExecutionID": 7, "API": "/version", "ApiTypeID": 9}).decode())
        number, answer, status = self.answer_to(wrong)
        self.assertEqual((number, status), (7, "0"))
        assert isinstance(answer, dict)
        self.assertIn("ApiTypeID", answer["Error"])

    def test_the_same_command_again_gets_its_answer_again(self) -> None:
        self.cms.commands += [put(5)] * 20
        self.hardware.routes["/outlets/1/powercap"] = lambda request: Answer(200, b'{"done": true}')
        self.start()
        self.clock.run_until(lambda: len(self.cms.answers) >= 3, step=5)
        self.end()
        self.assertEqual(set(map(str, self.cms.answers)), {str((5, {"done": True}, "200"))})
        self.assertEqual(len(self.hardware.asked("/outlets/1/powercap")), 1)

    def test_another_command_with_the_same_number_is_refused(self) -> None:
        self.cms.commands += [put(5), get(5)]
        self.hardware.routes["/outlets/1/powercap"] = lambda request: Answer(200, b"{}")
        self.start()
        self.clock.run_until(lambda: len(self.cms.answers) == 2)
        errors = [answer["Error"] for _, answer, _ in self.cms.answers if answer]
        self.assertEqual(len(errors), 1)
        self.assertIn("another command", errors[0])
        self.assertEqual(self.hardware.asked("/version"), [])

    def test_an_answer_waits_for_a_cms_that_is_away(self) -> None:
        def away(request: Request) -> Answer:
            self.cms.is_away = True
            return Answer(200, b'"done"')

        self.hardware.routes["/version"] = away
        self.cms.commands.append(get(1))
        self.start()
        self.clock.run_until(lambda: self.cms.is_away)
        self.clock.advance(600)
        self.assertEqual(self.cms.answers, [])
        self.cms.is_away = False
        self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertEqual(self.cms.answers, [(1, "done", "200")])
        self.assertEqual(len(self.hardware.asked("/version")), 1)

    def test_an_answer_that_is_lost_is_reported_again(self) -> None:
        lost: list[Request] = []

        def lose(request: Request) -> None:
            if request.path.endswith(wire.UPDATE_EXECUTION) and not lost:
                lost.append(request)
                raise Drop

        self.cms.after = lose
        self.cms.commands.append(get(1))
        self.start()
        self.clock.run_until(lambda: len(self.cms.answers) == 2)
        self.assertEqual(self.cms.answers[0], self.cms.answers[1])
        self.assertEqual(len(self.hardware.asked("/version")), 1)

    def test_a_command_that_waited_too_long_is_not_executed_any_more(self) -> None:
        self.hardware.routes["/version"] = lambda request: self.fail("It was executed.")
        self.run_once()  # learns the id
        store = Store(self.folder / file_name("127.0.0.1", self.hardware.port))
        folder = self.folder / f"127.0.0.1-{self.hardware.port}.answers"
        journal.Journal(store, f"http://127.0.0.1:{self.cms.port}/", folder, self.clock).accept(get(1))
        store.close()
        self.clock.advance(outcome.MAX_WAIT + 1)
        self.assertEqual(self.run_once(), 0)
        self.assertTrue(self.cms.answers[0][1]["Error"].startswith("Not executed: "))


class TextFileTests(BridgeCase):
    PATH = "/controllers/1/api/outlets/1/log/state/full"

    def lines_of(self, command: RemoteCommand, **changes: object) -> list[str]:
        self.cms.commands.append(command)
        self.start(**changes)
        eventually(lambda: bool(self.cms.answers))
        number, answer, status = self.cms.answers[0]
        self.assertEqual((number, status), (command.execution_id, "200"))
        return str(answer).split("\n")

    def test_the_newest_lines_of_a_state_log(self) -> None:
        lines = self.lines_of(get(1, self.PATH, is_text_file=True), max_state_log_lines=3, max_ocpp_log_lines=5)
        self.assertEqual(lines, ["record 1998", "record 1999", "record 2000"])

    def test_the_newest_lines_of_an_ocpp_log(self) -> None:
        lines = self.lines_of(
            get(1, "/ocpp-client/logs/today.log", is_text_file=True), max_state_log_lines=3, max_ocpp_log_lines=2
        )
        self.assertEqual(lines, ["record 1999", "record 2000"])

    def test_fewer_lines_are_sent_where_fewer_are_wanted(self) -> None:
        command = get(1, self.PATH, is_text_file=True, body='{"lines": 2}')
        self.assertEqual(self.lines_of(command), ["record 1999", "record 2000"])
        self.assertEqual(self.hardware.asked(self.PATH)[0].body, b"")

    def test_a_log_that_fills_a_file_arrives_whole(self) -> None:
        lines = [f'{number} "quoted" \\ ü {"x" * 40}' for number in range(20_000)]
        self.hardware.routes[self.PATH] = lambda request: Answer(200, "\n".join(lines).encode() + b"\n")
        self.cms.extra = {"Accept-Encoding": "gzip"}
        self.assertEqual(self.lines_of(get(1, self.PATH, is_text_file=True)), lines)
        self.assertEqual(self.cms.called(wire.UPDATE_EXECUTION)[0].headers["content-encoding"], "gzip")

    def test_other_commands_do_not_wait_for_a_long_log(self) -> None:
        def hang(request: Request) -> Answer:
            self.stop.wait(30)
            raise Drop

        self.hardware.routes[self.PATH] = hang
        self.cms.commands += [get(1, self.PATH, is_text_file=True), get(2)]
        self.start()
        self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertEqual([number for number, _, _ in self.cms.answers], [2])

    def test_a_log_that_breaks_off_is_no_answer(self) -> None:
        def broken(request: Request) -> Answer:
            raise Raw([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nrecord 1\n"])

        self.hardware.routes[self.PATH] = broken
        self.cms.commands.append(get(1, self.PATH, is_text_file=True))
        self.start()
        eventually(lambda: bool(self.cms.answers))
        self.assertEqual(self.cms.answers[0][2], "0")

    def test_an_answer_that_is_too_long_is_told_to_be(self) -> None:
        self.hardware.routes["/version"] = lambda request: Answer(200, b"x" * 200_000)
        self.cms.commands.append(get(1))
        self.start(max_response_size=100_000)
        eventually(lambda: bool(self.cms.answers))
        self.assertIn("longer than 100000 bytes", self.cms.answers[0][1]["Error"])

    def test_a_long_answer_in_json_stays_json(self) -> None:
        value = [{"text": "ü" * 50, "number": number} for number in range(20_000)]
        self.hardware.routes["/version"] = lambda request: Answer(
            200, orjson.dumps(value), {"Content-Type": "application/json"}
        )
        self.cms.commands.append(get(1))
        self.start()
        eventually(lambda: bool(self.cms.answers))
        self.assertEqual(self.cms.answers, [(1, value, "200")])

    def test_a_cms_that_refuses_a_long_answer_gets_a_short_one(self) -> None:
        self.hardware.routes[self.PATH] = lambda request: Answer(200, b"x" * 60_000 + b"\n" + b"y" * 60_000)
        self.cms.trouble = lambda request: Answer(413) if len(request.body) > 100_000 else None
        self.cms.commands.append(get(1, self.PATH, is_text_file=True))
        self.start()
        self.clock.run_until(lambda: bool(self.cms.answers))
        number, answer, status = self.cms.answers[0]
        self.assertEqual((number, status), (1, "200"))
        self.assertIn("refused its answer (413)", answer["Error"])

    def test_wishes_that_are_none_do_not_count_and_wrong_ones_are_refused(self) -> None:
        bodies = ['"all"', '{"line": 1}', '{"lines": 9000}', '{"lines": 0}', '{"lines": "many"}']
        self.cms.commands += [
            get(number, self.PATH, is_text_file=True, body=body) for number, body in enumerate(bodies)
        ]
        self.cms.commands.pop(0)  # there is no number 0
        self.cms.commands.append(get(9, self.PATH, is_text_file=True, body=bodies[0]))
        self.start(max_state_log_lines=2)
        self.clock.run_until(lambda: len(self.cms.answers) == 5)
        found = {number: (answer, status) for number, answer, status in self.cms.answers}
        for number in (1, 2, 9):
            self.assertEqual(found[number], ("record 1999\nrecord 2000", "200"))
        for number in (3, 4):
            answer, status = found[number]
            self.assertEqual(status, "0")
            self.assertIn("Not executed: lines: a", answer["Error"])

    def test_a_log_that_is_longer_than_we_read_says_so_in_its_last_line(self) -> None:
        lines = self.lines_of(get(1, self.PATH, is_text_file=True), max_response_size=15_000, max_state_log_lines=2)
        self.assertEqual(lines[-1], "[noc-bridge: the log is longer than 15000 bytes, its end is missing]")
        self.assertEqual(len(lines), 3)

    def test_an_answer_that_cannot_be_kept_is_told(self) -> None:
        def fill(request: Request) -> Answer:
            shutil.rmtree(self.folder / f"127.0.0.1-{self.hardware.port}.answers")
            return Answer(200, b"x" * 100_000)

        self.hardware.routes["/version"] = fill
        self.cms.commands.append(get(1))
        self.start()
        eventually(lambda: bool(self.cms.answers))
        self.assertIn("could not be kept: No such file or directory", self.cms.answers[0][1]["Error"])

    def test_an_answer_whose_file_has_gone_is_told(self) -> None:
        self.hardware.routes["/version"] = lambda request: Answer(200, b"x" * 100_000)
        self.cms.commands.append(get(1))
        self.cms.trouble = self._lose_files
        self.start()
        self.clock.run_until(lambda: bool(self.cms.answers))
        self.assertIn("cannot be read any more", self.cms.answers[0][1]["Error"])

    def _lose_files(self, request: Request) -> Answer | None:
        if request.path.endswith(wire.UPDATE_EXECUTION) and len(request.body) > 1000:
            for path in (self.folder / f"127.0.0.1-{self.hardware.port}.answers").iterdir():
                path.unlink()
            return Answer(503)
        return None

    def test_a_cms_that_does_not_unpack_after_all(self) -> None:
        self.cms.extra = {"Accept-Encoding": "gzip"}
        self.cms.trouble = lambda request: Answer(415) if "content-encoding" in request.headers else None
        self.hardware.routes[self.PATH] = lambda request: Answer(200, b"x" * 60_000 + b"\n" + b"y" * 60_000)
        self.cms.commands.append(get(1, self.PATH, is_text_file=True))
        self.start()
        self.listening()
        self.cms.extra = {}
        self.hardware.emit(type="alert", outlet="1")
        self.clock.run_until(lambda: bool(self.cms.answers) and bool(self.cms.logs))
        self.assertEqual(len(self.cms.answers[0][1]), 120_001)

    def test_a_report_that_the_cms_never_takes_is_given_up(self) -> None:
        self.cms.trouble = lambda request: Answer(400) if request.path.endswith(wire.UPDATE_EXECUTION) else None
        self.cms.commands += [get(1), get(2)]
        self.start()
        self.clock.run_until(lambda: len(self.cms.called(wire.UPDATE_EXECUTION)) == 2)
        self.clock.advance(1000)
        self.end()
        self.assertEqual(len(self.cms.called(wire.UPDATE_EXECUTION)), 2)
