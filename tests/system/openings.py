"""What a State's ministry and its data-protection authority read of the log, and that they did."""

import hashlib
import hmac
import os
import ssl
import subprocess
import uuid

import demo
import octets
import web

KINDS = {"disclosure": 1, "refusal": 4, "law": 5, "key": 6, "auditor": 11}
NOTHING = (404, b"there is nothing here\n", "text/plain; charset=utf-8", "no-store")


def opens(commitment, opening, separation):
    """The record, which must be what was committed to."""
    key, record = opening
    made = hmac.new(key, separation + b"\0" + record, hashlib.sha256).digest()
    assert made == commitment, separation
    return octets.uncbor(record)


class Row:
    """One row of the document, verified by this program's own means."""

    def __init__(self, row):
        self.index, entry, outer, inner, closed = row
        version, self.time, of_outer, of_inner = octets.uncbor(entry)
        assert version == 1 and len(entry) == 79, entry
        self.outer = outer and opens(of_outer, outer, b"comity-outer-1")
        self.inner = inner and opens(of_inner, inner, b"comity-inner-1")
        self.closed = closed and opens(self.inner[14], closed, b"comity-closed-1")
        self.kind = self.outer and self.outer[2]


class OpeningsTest(web.Oversight):
    def ask(self, party, query):
        with self.reader(party) as reader:
            return reader.get(f"/openings{query}")

    def rows(self, party, first, count):
        status, document, kind, cache = self.ask(party, f"?from={first}&count={count}")
        self.assertEqual((status, kind, cache), (200, "application/cbor", "no-store"), document)
        return [Row(row) for row in octets.uncbor(document)]

    def log(self, party):
        """All rows that are there when it begins to ask."""
        return self.rows(party, 0, 256)

    def size(self):
        return self.demo.settled_size(self.xa, "XA-CA-01")

    def test_the_ministry_reads_what_the_log_says(self):
        self.demo.accepted(demo.plain("OPENINGS-1"))
        rows = self.log("XA-MIN-01")
        self.assertEqual([row.index for row in rows], list(range(len(rows))))
        sent = [row for row in rows if row.kind == KINDS["disclosure"]]
        self.assertGreater(len(sent), 0)
        for row in sent:
            self.assertEqual(row.inner[2], "DISCLOSE")
            self.assertEqual(row.inner[3][0], "XA-CA-01")
            self.assertEqual(row.inner[9][0], "UNTOC18")
            self.assertEqual(row.inner[10][:2], ["T3", "LED37_BINDING"])
            self.assertIn("ID", {field[1] for field in row.inner[4]})
        for row in rows:
            self.assertIsNone(row.closed)

    def test_that_it_reads_is_in_the_log_before_it_does(self):
        before = self.size()
        rows = self.rows("XA-MIN-01", before - 1, 256)
        entered = rows[-1]
        self.assertEqual((entered.index, entered.kind), (before, KINDS["auditor"]))
        self.assertEqual(entered.inner[2], "AUDIT_READ")
        self.assertEqual(entered.inner[3], ["XA-MIN-01", None, None])
        self.assertEqual(entered.inner[8], f"openings from {before - 1}, 256")
        self.assertEqual(self.size(), before + 1)

    def test_the_authority_alone_reads_closed_records(self):
        for row in self.log("XA-DPA-01"):
            self.assertEqual(set(row.closed), {1, 4, 5}, row.outer)

    def test_a_confidential_message_is_a_count_to_the_ministry(self):
        first = self.size()
        self.demo.accepted(demo.a3())
        self.size()
        shown = self.rows("XA-MIN-01", first, 1)[0]
        self.assertEqual((shown.outer, shown.inner), (None, None))
        known = self.rows("XA-DPA-01", first, 1)[0]
        self.assertEqual((known.kind, known.inner[15]), (KINDS["disclosure"], True))
        self.assertNotIn("asylum", str(known.inner))

    def test_one_message_makes_a_count_of_its_thread_before_and_after(self):
        thread = str(uuid.uuid4())
        first = self.size()
        for confidential in (False, True, False):
            document = dict(demo.plain("OPENINGS-SECRET"), thread=thread)
            if confidential:
                document.update(confidential=True, why="x")
            else:
                shown = self.rows("XA-MIN-01", first - 1, 256)  # all that is there
            self.demo.accepted(document)
            self.size()
        last = self.size()
        sent = [row for row in self.rows("XA-DPA-01", first, last - first)
                if row.kind == KINDS["disclosure"]]
        self.assertEqual([row.inner.get(15, False) for row in sent], [False, True, False])
        self.assertEqual(len({bytes(row.inner[6][0]) for row in sent}), 1)
        self.assertEqual(shown[0].index, first - 1)
        for row in sent:
            shown = self.rows("XA-MIN-01", row.index, 1)[0]
            self.assertEqual((shown.outer, shown.inner), (None, None), row.index)

    def test_a_certificate_that_comes_is_in_the_log_once(self):
        before = self.size()
        self.hire("XA-POL-09")
        self.size()
        changed = [row for row in self.rows("XA-MIN-01", before, 256) if row.kind == KINDS["key"]]
        self.assertEqual(len(changed), 1)
        self.assertEqual(changed[0].inner[2], "KEY_CHANGE")
        self.assertEqual(changed[0].inner[3], ["XA-GW-01", None, None])
        seal = ssl.PEM_cert_to_DER_cert(
            demo.read(f"{self.demo.pki}/XA/parties/XA-POL-09/seal.crt").decode())
        self.assertTrue(changed[0].inner[8].startswith(
            f"XA-POL-09 sealing: none -> {hashlib.sha256(seal).hexdigest()} "), changed[0].inner)

    def test_another_certificate_of_the_gateway_is_in_the_log_once(self):
        """Reloads and starts that change nothing leave nothing."""
        path = f"{self.demo.pki}/XA/gateways/XA-GW-01/tls.crt"
        old = demo.read(path)
        before = self.size()
        subprocess.run([os.path.join(demo.SOURCE, "certs", "renew-demo-certificate"), "--dir",
                        self.demo.pki, "--days", "3", "XA/gateways/XA-GW-01/tls.crt"], check=True,
                       capture_output=True)
        self.assertNotEqual(demo.read(path), old)
        self.reload(self.xa)
        self.reload(self.xa)
        self.size()
        changed = [row for row in self.rows("XA-MIN-01", before, 256) if row.kind == KINDS["key"]]
        x5t = [hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode())).hexdigest()
               for pem in (old, demo.read(path))]
        self.assertEqual([row.inner[8] for row in changed],
                         [f"XA-GW-01 tls: {x5t[0]} -> {x5t[1]}"])

    def test_nobody_else_learns_that_there_is_anything(self):
        before = self.size()
        for party in ("XA-POL-02", "XA-CA-01", "XC-CA-01", "XC-GW-01", "XA-MIN-09"):
            for query in ("?from=0&count=1", "", "?from=x"):
                self.assertEqual(self.ask(party, query), NOTHING, party)
        self.assertEqual(self.size(), before + 5)  # once for each of them
        denied = self.rows("XA-MIN-01", before, 5)
        self.assertEqual([(row.kind, row.outer[14], row.inner[2], row.inner[3][0])
                          for row in denied],
                         [(KINDS["refusal"], "E_ROLE", "AUDIT_READ", party) for party in
                          ("XA-POL-02", "XA-CA-01", "XC-CA-01", "XC-GW-01", "XA-MIN-09")])

    def test_only_one_question_is_understood(self):
        before = self.size()
        for query in ("", "?", "?from=0", "?count=1", "?count=1&from=0", "?from=0&count=0",
                      "?from=0&count=257", "?from=00&count=1", "?from=-1&count=1",
                      "?from=0&count=1&", "?from=0&count=1&x=1", "?from=+1&count=1",
                      "?from=99999999999999999999&count=1", "?from=%30&count=1"):
            self.assertEqual(self.ask("XA-MIN-01", query)[0], 400, query)
        self.assertEqual(self.ask("XA-MIN-01", f"?from={before}&count=1")[0], 404)
        for method in ("HEAD", "POST"):
            with self.reader("XA-MIN-01") as reader:
                self.assertEqual(reader.get("/openings?from=0&count=1", method)[0], 405)
        self.assertEqual(self.size(), before)  # nothing was shown


if __name__ == "__main__":
    demo.main()
