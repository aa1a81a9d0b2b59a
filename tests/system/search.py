"""What a ministry finds in its mirror of the log: case A's disclosures to Corland, by their marks
and on a page each, and nobody's name."""

import csv
import hashlib
import io
import json
import os
import shutil
import sqlite3
import uuid

import contexts
import demo
import mirror
import web

CASE = os.path.join(demo.SOURCE, "policies", "tests")
# What went from Arvenia to Corland in case A; that of A.3 claims to be confidential.
SENT = (("a-2", "XA-CA-01", "XC-CA-01"), ("a-3", "XA-CA-01", "XC-CA-01"),
        ("a-6", "XA-CA-01", "XC-CA-01"), ("a-8", "XA-CA-01", "XC-CA-01"),
        ("a-12", "XA-POL-02", "XC-POL-01"), ("a-14", "XA-FIU-01", "XC-FIU-01"),
        ("a-16", "XA-CA-01", "XC-CA-01"))
SECRET = "a-3"
SILENT = {"ASY", "WIT"}


def document(name):
    with open(os.path.join(CASE, f"{name}.json"), encoding="utf-8") as file:
        return json.load(file)


def leaves(value):
    """All texts of fields within."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return {leaf for one in value for leaf in leaves(one)}
    return {value} if isinstance(value, str) else set()


def personal(of):
    """Names, and whatever else an output could not have by chance."""
    values = set()
    for person in of.get("persons", []) + of.get("subjects", []):
        values |= leaves({key: value for key, value in person.items()
                          if key not in ("sid", "cat", "LOCAL")})
    for key in ("items", "accounts", "facts", "releasable_summary"):
        values |= leaves(of.get(key, []))
    return {value for value in values if len(value) > 5 and not value.isupper()}


class SearchTest(web.Oversight):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hire("XA-FIU-01")
        cls.hire("XC-MIN-01", "XC-POL-01", "XC-FIU-01", state="XC")
        for party in ("XA-MIN-01", "XA-DPA-01", "XA-POL-02", "XA-FIU-01", "XC-MIN-01",
                      "XC-POL-01", "XC-FIU-01"):
            cls.context_of(party)
        cls.documents = {name: document(name) for name, _, _ in SENT}
        cls.ids = {name: cls.demo.accepted(cls.documents[name], to, sender.lower())
                   for name, sender, to in SENT}
        for name, sender, _ in SENT:
            demo.until(lambda name=name, sender=sender: cls.demo.stage(
                cls.ids[name], sender.lower()) == "relayed", f"{name} is relayed")
        cls.demo.settled_size(cls.xa, "XA-CA-01")
        cls.demo.settled_size(cls.demo.at("XC"), "XC-CA-01")
        for party in ("XA-MIN-01", "XA-DPA-01", "XC-MIN-01"):
            cls.sync(party)

    @classmethod
    def context_of(cls, party):
        place = f"{cls.demo.pki}/{party[:2]}/parties/{party}"
        contexts.change(cls.demo, party.lower(), f"{party[:2].lower()}-ca-01", party=party,
                        cert=f"{place}/tls.crt", key=f"{place}/tls.key",
                        sealing_cert=f"{place}/seal.crt", sealing_key=f"{place}/seal.key")

    @classmethod
    def sync(cls, party):
        done = cls.demo.comity("audit", "sync", context=party.lower())
        assert done.code == 0, done

    def ask(self, party, *words):
        return self.demo.comity("audit", "search", *words, context=party.lower())

    def rows(self, party, *words):
        done = self.ask(party, "--limit", "1000", *words)
        self.assertEqual(done.code, 0, done)
        return done.rows

    def explain(self, party, word):
        done = self.demo.comity("audit", "explain", str(word), context=party.lower())
        self.assertEqual(done.code, 0, done)
        return done.json

    def text(self, party, *words):
        """As people see it."""
        done = demo.run(demo.COMITY, "audit", *words, "--context", party.lower(),
                        env=self.demo.env)
        self.assertEqual(done.code, 0, done)
        return done.out

    def hidden(self, party):
        done = self.ask(party, "--count")
        self.assertEqual(done.code, 0, done)
        return done.json["hidden"]

    def test_the_ministry_finds_what_went_to_corland(self):
        rows = self.rows("XA-MIN-01", "--kind", "disclosure", "--from", "XA", "--to", "XC")
        found = {row["id"]: row for row in rows}
        for name, sender, to in SENT:
            if name == SECRET:
                self.assertNotIn(self.ids[name], found)
                continue
            row = found[self.ids[name]]
            self.assertEqual((row["from"], row["to"], row["op"], row["transfer"], row["tier"]),
                             (sender, to, "DISCLOSE", "LED37_BINDING", "T3"))
            self.assertTrue(row["legal_basis"], row)
            self.assertTrue(row["released"], row)
            self.assertFalse(SILENT & set(row["released"] + row["withheld"]), row)
        self.assertEqual([row["index"] for row in rows],
                         sorted((row["index"] for row in rows), reverse=True))

    def test_what_is_confidential_is_a_count_to_the_ministry_and_known_to_the_authority(self):
        self.assertEqual(self.rows("XA-MIN-01", "--id", self.ids[SECRET]), [])
        known = self.rows("XA-DPA-01", "--id", self.ids[SECRET], "--kind", "disclosure")
        self.assertEqual(len(known), 1)
        self.assertTrue(known[0]["confidential"])
        self.assertGreaterEqual(self.hidden("XA-MIN-01"),
                                len(self.rows("XA-DPA-01", "--id", self.ids[SECRET])))
        self.assertEqual(self.hidden("XA-DPA-01"), 0)
        page = self.explain("XA-MIN-01", known[0]["index"])
        self.assertEqual((page["entry"]["opened"], page["decisions"], page["related"]),
                         (False, [], []))
        self.assertIn("confidential", page["hidden"][0])
        self.assertIn("proof", page)
        done = self.demo.comity("audit", "explain", self.ids[SECRET], context="xa-min-01")
        self.assert_fails(done, 5, "E_UNKNOWN")

    def test_corlands_ministry_sees_its_own_side(self):
        for name, sender, to in SENT:
            rows = self.rows("XC-MIN-01", "--id", self.ids[name])
            if name == SECRET:
                self.assertEqual(rows, [])
                continue
            self.assertEqual({(row["from"], row["to"]) for row in rows}, {(sender, to)})
            self.assertIn("disclosure", {row["kind"] for row in rows})
        self.assertEqual(self.rows("XC-MIN-01", "--from", "XA-MIN-01"), [])

    def test_each_filter_finds_and_leaves_out(self):
        everything = self.rows("XA-MIN-01")
        one = next(row for row in everything if row.get("id") == self.ids["a-12"] and
                   row["kind"] == "disclosure")
        page = self.explain("XA-MIN-01", one["index"])
        field = next(f for d in page["decisions"] for f in d["fields"] if "phones" in f["path"])
        decision = next(d for d in page["decisions"] if d["rule"])
        last = one["time"]
        asked = {
            "--from": "XA-POL-02", "--to": "XC-POL-01", "--pair": "XC-POL-01,XA-POL-02",
            "--kind": one["kind"], "--stage": one["stage"], "--purpose": "investigation",
            "--instrument": "UNTOC27", "--basis": "UNTOC27", "--type": "pol.request",
            "--field": "persons.contact", "--category": field["category"],
            "--level": decision["level"], "--rule": decision["rule"], "--op": "DISCLOSE",
            "--actor": "XA-POL-02", "--rulebook": page["rulebook"], "--id": self.ids["a-12"],
            "--tier": "T3", "--transfer": "LED37_BINDING", "--since": last, "--until": last[:10]}
        for flag, value in asked.items():
            rows = self.rows("XA-MIN-01", flag, value)
            self.assertIn(one["index"], [row["index"] for row in rows], (flag, value))
            if flag != "--until":
                self.assertLess(len(rows), len(everything), flag)
        words = [word for pair in asked.items() for word in pair]
        self.assertEqual([row["index"] for row in self.rows("XA-MIN-01", *words)], [one["index"]])
        for flag, value in (("--from", "XA-POL-03"), ("--purpose", "EVIDENCE"), ("--code", "E_ROLE"),
                            ("--officer", "1"), ("--ground", "X"), ("--related", "0"),
                            ("--case", "0" * 64), ("--subject", "0" * 64), ("--text", "nothing"),
                            ("--until", "2026-01-01"), ("--since", "2099-01-01")):
            self.assertEqual(self.rows("XA-MIN-01", "--id", self.ids["a-12"], flag, value), [],
                             flag)

    def test_words_of_a_justification_find_it(self):
        rows = self.rows("XA-DPA-01", "--text", "openings FROM 0")
        self.assertEqual({(row["kind"], row["op"]) for row in rows}, {("auditor", "AUDIT_READ")})
        self.assertEqual([row for row in rows if row["actor"] == "XA-MIN-01"],
                         self.rows("XA-DPA-01", "--text", "openings FROM 0", "--kind", "auditor",
                                   "--actor", "XA-MIN-01"))
        self.assertIn("XA-MIN-01", {row["actor"] for row in rows})
        for words in ("openings OR nothing", "open*", "openings NOT x"):
            self.assertEqual(self.rows("XA-DPA-01", "--text", words), [], words)

    def test_pages_are_stable_while_the_log_grows(self):
        before = [row["index"] for row in self.rows("XA-DPA-01")]
        first = [row["index"] for row in self.ask("XA-DPA-01", "--limit", "3").rows]
        self.demo.accepted(demo.plain("SEARCH-1"))
        self.demo.settled_size(self.xa, "XA-CA-01")
        self.sync("XA-DPA-01")
        pages = list(first)
        while pages[-1] > 0:
            pages += [row["index"] for row in
                      self.ask("XA-DPA-01", "--limit", "3", "--before", str(pages[-1])).rows]
        self.assertEqual(pages, before)
        self.assertEqual(self.ask("XA-DPA-01", "--before", "0").rows, [])
        self.assertGreater(len(self.rows("XA-DPA-01")), len(before))
        self.assertEqual(self.ask("XA-DPA-01", "--count").json["count"],
                         len(self.rows("XA-DPA-01")))

    def test_no_name_is_in_any_output(self):
        names = set().union(*(personal(of) for of in self.documents.values()))
        self.assertGreater(len(names), 20)
        for party in ("XA-MIN-01", "XA-DPA-01", "XC-MIN-01"):
            said = [self.text(party, "search", "--limit", "1000"),
                    self.text(party, "search", "--limit", "1000", "--csv"),
                    self.ask(party, "--limit", "1000").out]
            for row in self.rows(party, "--from", "XA"):
                said.append(self.text(party, "explain", str(row["index"])))
            for name in names:
                for text in said:
                    self.assertNotIn(name, text, party)

    def test_a_spreadsheet_reads_what_is_there(self):
        table = list(csv.DictReader(io.StringIO(
            self.text("XA-MIN-01", "search", "--limit", "1000", "--csv"))))
        rows = self.rows("XA-MIN-01")
        self.assertEqual([line["index"] for line in table], [str(row["index"]) for row in rows])
        for line, row in zip(table, rows):
            for key in ("kind", "id", "from", "purpose", "officer"):
                self.assertEqual(line[key], row.get(key) or "")
            self.assertEqual(line["legal_basis"], "; ".join(row.get("legal_basis", [])))
            self.assertFalse([cell for cell in line.values() if cell[:1] in tuple("=+-@")], line)

    def test_a_page_says_who_what_and_by_which_rule(self):
        page = self.explain("XA-MIN-01", self.ids["a-12"])
        entry = page["entry"]
        self.assertEqual((entry["kind"], entry["from"], entry["to"], entry["purpose"]),
                         ("disclosure", "XA-POL-02", "XC-POL-01", "INVESTIGATION"))
        self.assertTrue(page["rulebook_at_hand"])
        self.assertTrue([d for d in page["decisions"] if d["sentence"]], page["decisions"])
        other = self.explain("XC-MIN-01", self.ids["a-12"])
        self.assertIn("relayed", {row.get("stage") for row in other["related"]})
        self.assertIn("data-protection authority", page["hidden"][0])
        shown = self.text("XA-MIN-01", "explain", self.ids["a-12"])
        for word in ("XA-POL-02", "XC-POL-01", "UNTOC27", "LED37_BINDING", "let go in clear",
                     "persons/#1/contact/phones", page["proof"]["root"], page["rulebook"]):
            self.assertIn(word, " ".join(shown.split()))
        self.assertNotIn("~", shown)

    def test_the_authority_is_shown_the_closed_record(self):
        page = self.explain("XA-DPA-01", self.ids[SECRET])
        self.assertNotIn("asylum and witnesses", " ".join(page["hidden"]))
        self.assertTrue(page["decisions"])

    def test_the_proof_of_a_page_leads_to_the_root_that_was_signed(self):
        proof = self.explain("XA-MIN-01", self.ids["a-2"])["proof"]
        entry = bytes.fromhex(proof["entry"])
        node = hashlib.sha256(b"\0" + entry).digest()
        self.assertEqual(node.hex(), proof["leaf"])
        index, last = proof["index"], proof["size"] - 1
        for sibling in map(bytes.fromhex, proof["path"]):
            if index & 1 or index == last:
                node = hashlib.sha256(b"\1" + sibling + node).digest()
                while index & 1 == 0 and index:
                    index, last = index >> 1, last >> 1
            else:
                node = hashlib.sha256(b"\1" + node + sibling).digest()
            index, last = index >> 1, last >> 1
        self.assertEqual((last, node.hex()), (0, proof["root"]))

    def copied(self):
        """A mirror that somebody can change."""
        folder = os.path.join(demo.temporary_folder(), "mirror")
        shutil.copytree(f"{self.demo.dir}/home/mirror/xa-min-01/XA-GW-01", folder)
        return folder

    def test_a_mirror_that_was_changed_proves_nothing(self):
        for change in (f"UPDATE entry SET entry = {mirror.blob('entry', 78)} WHERE idx = 3",
                       f"UPDATE tile SET hashes = {mirror.blob('hashes', 0)} WHERE level = 0"):
            folder = self.copied()
            with sqlite3.connect(f"{folder}/demo/mirror.db") as db:
                self.assertEqual(db.execute(change).rowcount, 1, change)
            db.close()
            done = self.demo.comity("audit", "explain", "3", "--mirror", folder,
                                    context="xa-min-01")
            self.assert_fails(done, 9, "E_HASH")

    def test_what_is_asked_wrongly_is_said(self):
        for words, hint in ((("--kind", "disclosur"), "did you mean disclosure?"),
                            (("--stage", "retreived"), "did you mean retrieved?"),
                            (("--level", "silnt"), "did you mean silent?"),
                            (("--kind", "hold", "--kind", "refusal"), ""),
                            (("--limit", "1001"), ""), (("--limit", "0"), ""),
                            (("--before", "x"), ""), (("--since", "yesterday"), "2026-11-22"),
                            (("--from", "Arvenia"), ""), (("--pair", "XA"), ""),
                            (("--id", "7"), ""), (("--case", "ff"), ""), (("--csv",), ""),
                            (("--text", ""), ""), (("--related", "-1"), "")):
            done = self.ask("XA-MIN-01", *words)
            self.assert_fails(done, 2, "USAGE")
            self.assertIn(hint, done.error["hint"])
        for word in ("x", "01", str(uuid.uuid4())[:-1]):
            done = self.demo.comity("audit", "explain", word, context="xa-min-01")
            self.assert_fails(done, 2, "USAGE")
        for word in ("1000000", str(uuid.uuid4())):
            done = self.demo.comity("audit", "explain", word, context="xa-min-01")
            self.assert_fails(done, 5, "E_UNKNOWN")


if __name__ == "__main__":
    demo.main()
