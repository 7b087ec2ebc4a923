import io
import json
import unittest

from kimochi_local.terminal import Trouble
from kimochi_local.verify_audit import verify


class Cleanup:
    """Answers as the function does, one report after the other."""

    def __init__(self, *reports, error=None):
        self.reports, self.error, self.events = list(reports), error, []

    def invoke(self, FunctionName, Payload):
        self.events.append(json.loads(Payload))
        if self.error:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(self.error).encode())}
        answer = {"outcome": "done", "period": "2026-04-01", "numbers": self.reports.pop(0)}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


def report(**changes):
    clean = {"rows": 2, "problems": [], "more_problems": 0, "next_day": None, "last_day": "2026-04-01"}
    return clean | {"last_digest": "ab"} | changes


class VerifyAudit(unittest.TestCase):
    def test_a_clean_log_is_success(self):
        self.assertEqual(verify(Cleanup(report()), "cleanup"), 0)

    def test_a_difference_fails(self):
        problem = {"kind": "missing_row", "day": "2026-04-01"}

        self.assertEqual(verify(Cleanup(report(problems=[problem])), "cleanup"), 1)

    def test_it_goes_on_where_time_ended_and_forgets_nothing(self):
        problem = {"kind": "wrong_seal", "day": "2026-01-01"}
        cleanup = Cleanup(report(problems=[problem], next_day="2026-03-01"), report())

        self.assertEqual(verify(cleanup, "cleanup"), 1)
        self.assertEqual([event["from"] for event in cleanup.events], [None, "2026-03-01"])

    def test_a_day_that_is_too_long_ends_it(self):
        cleanup = Cleanup(report(next_day="2026-03-01"), report(next_day="2026-03-01"))

        with self.assertRaises(Trouble):
            verify(cleanup, "cleanup")

    def test_a_log_without_seals_is_said(self):
        self.assertEqual(verify(Cleanup(report(last_day=None, last_digest=None)), "cleanup"), 0)

    def test_a_failure_is_told(self):
        with self.assertRaisesRegex(Trouble, "retention: another run"):
            verify(Cleanup(error={"errorMessage": "retention: another run is at it"}), "cleanup")


if __name__ == "__main__":
    unittest.main()
