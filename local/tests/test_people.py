import unittest
from unittest import mock

from kimochi_local.people import one_time_code


class OneTimeCode(unittest.TestCase):
    # RFC 6238, appendix B, shortened to six digits; the secret is "12345678901234567890" in base 32.
    SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    def test_it_shows_what_the_rfc_says(self):
        for now, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
            with self.subTest(now=now), mock.patch("time.time", return_value=now):
                self.assertEqual(one_time_code(self.SECRET), code)
