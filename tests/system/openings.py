"""What a State's ministry and its data-protection authority read of the log, and that they did."""

import hashlib
import hmac

import demo
import octets
import web

KINDS = {"disclosure": 1, "refusal": 4, "auditor": 11}
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
