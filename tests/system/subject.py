"""What a person may be told was disclosed about them, by who may look it up, and that it was."""

import http.client

import demo
import octets
import openings
import overseen
import web

UNKNOWN, REFUSED = 5, 3
CASE, SID = "SUBJECT/2026-7", "S1"
DENIED = (404, b"there is nothing here\n")


class SubjectTest(overseen.Overseen):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.message = cls.demo.accepted(demo.plain(CASE))
        cls.demo.accepted(demo.plain("ANOTHER-CASE"))
        cls.hidden = demo.a3()
        cls.demo.accepted(cls.hidden)

    def ask(self, party, question, method="POST", path="/pseudonym"):
        """(status, body) of what the gateway is asked."""
        host, port = self.xa.http.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), timeout=demo.DEADLINE_S,
                                                 context=web.context(self.demo.pki, party))
        self.addCleanup(connection.close)
        connection.request(method, path, body=question)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def size(self):
        return self.demo.settled_size(self.xa, "XA-CA-01")

    def entered(self, index):
        with self.reader("XA-DPA-01") as reader:
            status, document, _, _ = reader.get(f"/openings?from={index}&count=1")
        self.assertEqual(status, 200)
        return openings.Row(octets.uncbor(document)[0])

    def stated(self, *words, party="XA-MIN-01"):
        self.synced(party)
        done = self.audit(party, "subject", *words)
        self.assertEqual(done.code, 0, done)
        return done.json

    def test_the_statement_has_categories_and_no_value(self):
        told = self.stated("--from", "XA-CA-01", "--case", CASE, "--sid", SID)
        one, = told["disclosures"]
        self.assertEqual((one["from"], one["to"], one["purpose"], one["instrument"],
                          one["legal_basis"], one["tier"], one["transfer_basis"]),
                         ("XA-CA-01", "XC-CA-01", "EVIDENCE", "UNTOC18", ["UNTOC18"], "T3",
                          "LED37_BINDING"))
        self.assertIn("ID", one["categories"])
        for words in ("identity", "financial data", "evidence", "XC-CA-01", "XA-DPA-01",
                      "2016/680", "without undue delay", "neither confirmed nor denied"):
            self.assertIn(words, " ".join(told["text"].split()))
        for value in ("Halmar", "Viktor", "1984", "XC71CRLB0000000047110815", "fraud", "District"):
            self.assertNotIn(value, str(told))
        self.assertTrue(all(len(line) <= 80 for line in told["text"].splitlines()))

    def test_a_case_a_language_and_what_is_not_there(self):
        case = self.stated("--from", "XA-CA-01", "--case", CASE)
        self.assertEqual([d["to"] for d in case["disclosures"]], ["XC-CA-01"])
        for language, word in (("fra", "identité"), ("spa", "identidad")):
            told = self.stated("--from", "XA-CA-01", "--case", CASE, "--lang", language)
            self.assertIn(word, told["text"])
        for words in (("--from", "XA-CA-01", "--case", CASE, "--sid", "S9"),
                      ("--from", "XA-CA-01", "--case", "NO-SUCH-CASE"),
                      ("--from", "XC-CA-01", "--case", CASE)):
            nothing = self.stated(*words)
            self.assertEqual((nothing["disclosures"], nothing["refusals"]), ([], []))
            self.assertIn("Nothing that may be stated", nothing["text"])
        for words in (("--case", CASE), ("--from", "XA-CA-01"), ("--from", "x", "--case", CASE),
                      ("--from", "XA-CA-01", "--case", "no ref")):
            self.assert_fails(self.audit("XA-MIN-01", "subject", *words), 2, "USAGE")

    def test_what_is_confidential_is_neither_confirmed_nor_denied(self):
        for party in ("XA-MIN-01", "XA-DPA-01"):
            words = ("--from", "XA-CA-01", "--sid", self.hidden["persons"][0]["sid"])
            there = self.stated(*words, "--case", self.hidden["case_ref"], party=party)
            absent = self.stated(*words, "--case", "NO-SUCH-CASE", party=party)
            self.assertEqual(there["text"].replace(self.hidden["case_ref"], "NO-SUCH-CASE").split(),
                             absent["text"].split(), party)
            self.assertEqual((there["disclosures"], there["refusals"]), ([], []), party)

    def test_that_somebody_was_looked_up_is_in_the_log_before_the_answer(self):
        before = self.size()
        status, body = self.ask("XA-MIN-01", octets.cbor(["XA-CA-01", CASE, SID]))
        self.assertEqual(status, 200)
        case, subject = octets.uncbor(body)
        self.assertEqual((len(case), len(subject)), (32, 32))
        self.assertEqual(self.size(), before + 1)
        row = self.entered(before)
        self.assertEqual((row.kind, row.inner[2], row.inner[3], row.inner[8]),
                         (11, "AUDIT_READ", ["XA-MIN-01", None, None], "pseudonyms of a case"))
        self.assertNotIn(CASE, str(row.inner))
        again = self.ask("XA-DPA-01", octets.cbor(["XA-CA-01", CASE, SID]))
        self.assertEqual(again, (200, body))
        other = self.ask("XA-MIN-01", octets.cbor(["XA-CA-01", CASE, None]))
        self.assertEqual(octets.uncbor(other[1]), [case, None])

    def test_whoever_else_asks_is_refused_and_in_the_log(self):
        before = self.size()
        question = octets.cbor(["XA-CA-01", CASE, SID])
        for party in ("XA-POL-02", "XC-CA-01"):
            self.assertEqual(self.ask(party, question), DENIED, party)
            row = self.entered(self.size() - 1)
            self.assertEqual((row.kind, row.outer[14], row.inner[3][0], row.inner[8]),
                             (4, "E_ROLE", party,
                              "pseudonyms are for oversight of this State alone"))
            self.assertNotIn(CASE, str(row.inner))
        self.assertGreater(self.size(), before)
        done = self.audit("XA-POL-02", "subject", "--from", "XA-CA-01", "--case", CASE, "--mirror",
                          f"{self.demo.dir}/home/mirror/xa-min-01/XA-GW-01")
        self.assert_fails(done, REFUSED, "E_ROLE")

    def test_only_one_question_is_understood(self):
        before = self.size()
        good = ["XA-CA-01", CASE, SID]
        for question in (b"", b"\xff", octets.cbor(good) + b"\0", octets.cbor(good[:2]),
                         octets.cbor(["xa", CASE, SID]), octets.cbor(["XA-CA-01", "no ref", SID]),
                         octets.cbor(["XA-CA-01", CASE, ""]), octets.cbor(["XA-CA-01", CASE, 1]),
                         octets.cbor(["XA-CA-01", b"\0" * 16, SID]),
                         octets.cbor(["XA-CA-01", CASE, "S" * 65])):
            self.assertEqual(self.ask("XA-MIN-01", question)[0], 400, question)
        self.assertEqual(self.ask("XA-MIN-01", b"x" * 257)[0], 413)
        self.assertEqual(self.ask("XA-MIN-01", None, "GET")[0], 405)
        self.assertEqual(self.size(), before)  # nothing was shown


if __name__ == "__main__":
    demo.main()
