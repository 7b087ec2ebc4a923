import unittest

from kimochi_local.alert_test import SEVERITIES, notice


class AlertTest(unittest.TestCase):
    def test_each_severity_has_a_notice_that_says_it_is_a_test(self):
        for severity in SEVERITIES:
            sent = notice(severity, "kimochi-prod", "1a2b")

            self.assertIn("【試験】", sent["content"]["title"])
            self.assertEqual(sent["metadata"]["additionalContext"]["severity"], severity)

    def test_two_runs_are_two_incidents(self):
        one, other = (notice("critical", "kimochi-prod", run)["metadata"]["threadId"] for run in ("1", "2"))

        self.assertNotEqual(one, other)


if __name__ == "__main__":
    unittest.main()
