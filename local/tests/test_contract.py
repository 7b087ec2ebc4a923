import json
import os
import unittest
from types import SimpleNamespace
from unittest import mock

from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import (
    EnsureResourceAvailability,
    UndefinedStatusCode,
    UnsupportedMethodResponse,
)

from kimochi_local import contract, tests
from kimochi_local import contract_hooks as hooks

TOLD = {
    "API_URL": "http://127.0.0.1:1",
    "PARENT_TOKEN": "the-parents",
    "OPERATOR_TOKEN": "the-operators",
    "FAMILY_ID": "a-family",
    "RECORDING_ID": "a-recording",
    "JOB_RUN_ID": "a-job-run",
    "CARD": "tameshi",
}


class Contract(unittest.TestCase):
    def test_no_token_is_on_a_command_line(self):
        with (
            mock.patch.object(contract.subprocess, "run") as run,
            mock.patch.object(contract.people, "sign_in_parent", return_value="a-parents-token"),
            mock.patch.object(contract.DeployedStack, "named"),
            mock.patch.object(contract.demo.Client, "call", return_value={"id": "a-family"}),
            mock.patch.object(contract, "_recording", return_value="a-recording"),
            mock.patch.object(contract, "_job_run", return_value="a-job-run"),
            mock.patch.object(contract, "_card_to_keep"),
            mock.patch.object(contract, "say"),
        ):
            contract.check({"API_URL": "http://127.0.0.1:1", "ADMIN_TOKEN": "an-operators-token"})

        command = " ".join(run.call_args.args[0])
        for token in "a-parents-token", "an-operators-token":
            self.assertNotIn(token, command)
            self.assertIn(token, run.call_args.kwargs["env"].values())

    def test_both_the_contract_and_the_tests_must_hold(self):
        for contract_code, cargo_code, expected in (0, 0, 0), (1, 0, 1), (0, 101, 101), (1, 101, 101):
            cargo = mock.Mock(returncode=cargo_code)
            with (
                mock.patch.object(tests, "stack", **{"is_up.return_value": True, "up.return_value": {}}),
                mock.patch.object(tests, "postgres", **{"url.return_value": "postgresql://"}),
                mock.patch.object(tests.contract, "check", return_value=contract_code),
                mock.patch.object(tests.subprocess, "run", return_value=cargo) as run,
            ):
                code = tests.run()

            self.assertEqual(code, expected)
            run.assert_called_once()


class Hooks(unittest.TestCase):
    def setUp(self):
        self.patch(mock.patch.dict(os.environ, TOLD))
        self.patch(mock.patch.object(hooks, "_items", self.items))
        self.call = self.patch(
            mock.patch.object(hooks, "_call", return_value=b'{"recording": {"id": "new"}}')
        )
        self.there_are = {
            "/v1/children": ["c1", "c2"],
            "/v1/emotions": [],
            "/v1/emotion-logs?limit=1": ["l1"],
        }

    def patch(self, patch):
        self.addCleanup(patch.stop)
        return patch.start()

    def items(self, path: str) -> list[dict]:
        if path == "/v1/emotions":
            return [{"name": "ureshii"}, {"name": "ikari"}]
        return [{"id": id} for id in self.there_are[path]]

    def sent(self, label: str, *, valid: bool = True, **parts) -> SimpleNamespace:
        """What becomes of a request before it is sent."""
        method, path = label.split()
        case = SimpleNamespace(
            method=method,
            operation=SimpleNamespace(label=label, path=path),
            meta=SimpleNamespace(
                generation=SimpleNamespace(
                    mode=GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
                ),
                phase=SimpleNamespace(name=TestPhase.FUZZING),
            ),
            **{"headers": {}, "path_parameters": {}, "query": {}, "body": None} | parts,
        )
        hooks.before_call(None, case, {})
        return case

    def is_one(self, failure: object, status: int, body: object, **path_parameters: str) -> bool:
        response = SimpleNamespace(
            status_code=status, content=json.dumps(body, separators=(",", ":")).encode()
        )
        return hooks.filter_failure(None, failure, SimpleNamespace(path_parameters=path_parameters), response)

    def test_only_the_gateways_own_404_stands_for_a_405(self):
        unsupported = mock.Mock(spec=UnsupportedMethodResponse)

        self.assertFalse(self.is_one(unsupported, 404, {"message": "Not Found"}))
        self.assertTrue(self.is_one(unsupported, 404, {"title": "Not Found"}))
        self.assertTrue(self.is_one(unsupported, 200, {"message": "Not Found"}))
        self.assertTrue(self.is_one(mock.Mock(spec=UndefinedStatusCode), 404, {"message": "Not Found"}))

    def test_a_log_may_be_gone_only_with_its_child(self):
        gone = mock.Mock(spec=EnsureResourceAvailability)
        for log, child in ("l1", "c1"), ("l9", "c9"):
            answer = mock.Mock(status_code=201, **{"json.return_value": {"id": log, "child_id": child}})
            made = SimpleNamespace(operation=SimpleNamespace(label="POST /v1/emotion-logs"))
            hooks.after_call(None, made, answer)

        self.assertTrue(self.is_one(gone, 404, {}, id="l1"))
        self.assertFalse(self.is_one(gone, 404, {}, id="l9"))
        self.assertTrue(self.is_one(gone, 404, {}, id="another"))

    def test_what_is_to_be_refused_is_sent_as_it_is(self):
        wrong = {
            "headers": {"Idempotency-Key": "\x7f", "If-Match": "0"},
            "query": {"from": "9999-01-01", "cursor": "?"},
            "body": {"emotion": 1, "child_id": None, "nickname": "x" * 301, "birth_date": "9999-01-01"},
        }

        case = self.sent("PATCH /v1/children/{id}", valid=False, **json.loads(json.dumps(wrong)))

        self.assertEqual({part: getattr(case, part) for part in wrong}, wrong)
        self.call.assert_not_called()

    def test_a_key_is_used_once_and_stays_a_key(self):
        for key in "k", "k" * 200:
            keys = [
                self.sent("POST /v1/uploads", headers={"Idempotency-Key": key}).headers["Idempotency-Key"]
                for _ in range(2)
            ]

            self.assertNotEqual(*keys)
            self.assertLessEqual(max(map(len, keys)), 200)

    def test_a_log_names_what_there_is(self):
        made_up = {"child_id": "c0", "emotion": "zzz", "recording_id": "r0", "note": f" {'あ' * 2_001}"}

        body = self.sent("POST /v1/emotion-logs", body=made_up).body

        self.assertEqual((body["child_id"], body["emotion"], body["recording_id"]), ("c2", "ikari", "new"))
        self.assertEqual(body["note"], "あ" * 2_000)

    def test_only_the_card_of_the_run_is_made_changed_and_removed(self):
        path = "/v1/admin/emotions/{name}"
        for method, name, valid, sent in (
            ("PUT", "abc", True, "tameshi"),
            ("DELETE", "ikari", False, "tameshi"),
            ("DELETE", "abc", False, "abc"),
        ):
            case = self.sent(f"{method} {path}", valid=valid, path_parameters={"name": name})

            self.assertEqual(case.path_parameters["name"], sent)
            self.call.assert_not_called()

        self.sent(f"POST {path}", path_parameters={"name": "abc"})
        self.call.assert_called_once_with(
            "DELETE", "/v1/admin/emotions/tameshi", authorization="Bearer the-operators"
        )

    def test_days_are_in_the_past_and_in_order(self):
        query = self.sent(
            "GET /v1/emotion-logs/summary", query={"from": "2098-01-01", "to": "1999-12-31"}
        ).query

        self.assertLess(query["from"], query["to"])
        self.assertLess(query["to"], "2098-01-01")

    def test_times_stay_as_they_are(self):
        moment = "2001-01-01T00:00:00+09:00"

        self.assertEqual(self.sent("GET /v1/admin/job-runs", query={"from": moment}).query["from"], moment)

    def test_whoever_names_a_family_says_why(self):
        named = self.sent("GET /v1/admin/audit-logs", query={"user_id": "made-up", "cursor": "made-up"})
        unnamed = self.sent("GET /v1/admin/job-runs")
        viewed = self.sent("GET /v1/admin/users/{id}", headers={"x-support-reason": "\xff" * 10})

        self.assertEqual(named.query, {"user_id": "a-family"})
        self.assertEqual(named.headers, {"x-support-reason": hooks.REASON})
        self.assertEqual(unnamed.headers, {})
        self.assertEqual(viewed.headers, {"x-support-reason": hooks.REASON})
        self.assertEqual(viewed.path_parameters, {"id": "a-family"})

    def test_the_family_that_leaves_is_never_the_one_that_goes_on(self):
        self.patch(mock.patch.object(hooks.people, "sign_in_parent", return_value="another"))
        self.patch(mock.patch.object(hooks.DeployedStack, "named"))

        ours = self.sent("DELETE /v1/me", headers={"Authorization": "Bearer the-parents"})
        invalid = self.sent("DELETE /v1/me", headers={"Authorization": "Bearer invalid"})

        self.assertEqual(ours.headers["Authorization"], "Bearer another")
        # Only who has called before can leave.
        self.call.assert_called_once_with("GET", "/v1/me", authorization="Bearer another")
        self.assertEqual(invalid.headers["Authorization"], "Bearer invalid")

    def test_the_first_child_makes_room_for_one_too_many(self):
        self.there_are["/v1/children"] = [f"c{number}" for number in range(20)]

        self.sent("POST /v1/children", body={})

        self.call.assert_called_once_with("DELETE", "/v1/children/c0")
