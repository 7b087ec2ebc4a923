import json
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from kimochi_local import reference_page

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "きもちみっけ！", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {"/v1/uploads": {}, "/v1/emotions": {}},
}


class Reference(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.env = Path(folder.name) / "env"
        openapi = Path(folder.name) / "openapi.json"
        openapi.write_text(json.dumps(DOCUMENT))
        for name, file in ("OPENAPI", openapi), ("ENV", self.env):
            patch = mock.patch.object(reference_page, name, file)
            patch.start()
            self.addCleanup(patch.stop)
        self.client = reference_page.app.test_client()

    def served(self) -> dict:
        return json.loads(self.client.get("/openapi.json").text)

    def test_the_page_needs_no_network(self):
        page = self.client.get("/").text

        addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
        self.assertTrue(addresses)
        for address in addresses:
            self.assertTrue(address.startswith("/"), address)
            with self.client.get(address) as answer:
                self.assertEqual(answer.status_code, 200, address)
        # Swagger UI would show the document to a service outside and wear its badge.
        self.assertIn('"validatorUrl": null', page)

    def test_requests_that_are_tried_out_go_to_the_local_stack(self):
        self.env.write_text("API_URL='http://127.0.0.1:4566/the api'\nPARENT_TOKEN=secret\n")

        document = self.served()

        self.assertEqual([server["url"] for server in document["servers"]], ["http://127.0.0.1:4566/the api"])
        self.assertNotIn("secret", json.dumps(document))

    def test_the_rest_of_the_document_is_served_as_it_is(self):
        self.assertEqual(self.served(), DOCUMENT)
        self.assertEqual(list(self.served()["paths"]), ["/v1/uploads", "/v1/emotions"])
