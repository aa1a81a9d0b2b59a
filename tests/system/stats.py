"""What a ministry counts of its log: for itself, exactly, and for everybody, so that nobody is found
in it."""

import csv
import datetime
import io
import os

import demo
import overseen

USAGE, REFUSED = 2, 3
SENT, K = 12, 10
HIDDEN = ("<10", "-")


def next_month():
    first = datetime.datetime.now(datetime.timezone.utc).date().replace(day=1)
    return (first + datetime.timedelta(days=32)).replace(day=1).isoformat()


class StatsTest(overseen.Overseen):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for number in range(SENT - 1):  # and one was sent before
            cls.demo.accepted(demo.plain(f"STATS-{number}"))
        cls.demo.accepted(demo.a3())  # confidential

    def stats(self, *words, party="XA-MIN-01"):
        return self.audit(party, "stats", *words)

    def counted(self, *words, party="XA-MIN-01"):
        self.synced(party)
        done = self.stats(*words, party=party)
        self.assertEqual(done.code, 0, done)
        return done.json

    def published(self, *words):
        return self.counted("--publish", "--until", next_month(), *words)

    def forget_editions(self):
        folder = os.path.join(self.demo.dir, "home", "mirror", "xa-min-01", "XA-GW-01", "published")
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            os.remove(os.path.join(folder, name))
        return folder

    def test_1_the_ministrys_own_figures_agree_with_what_was_sent(self):
        figures = self.counted()
        for name, key in (("pair", "XA-CA-01 > XC-CA-01"), ("purpose", "EVIDENCE"),
                          ("type", "mla.request"), ("instrument", "UNTOC18"),
                          ("basis", "UNTOC18"), ("transfer", "T3 LED37_BINDING"),
                          ("outcome", "disclosed"), ("category", "ID"), ("category", "FIN")):
            self.assertEqual(overseen.row(figures, name, key)["total"], SENT, (name, key))
        request, = figures["requests"]
        self.assertEqual(request, {"key": "XA-CA-01 > XC-CA-01 mla", "sent": SENT, "back": 0,
                                   "unanswered": SENT})
        self.assertGreater(figures["unopened"], 0)  # the confidential one
        self.assertEqual(overseen.row(figures, "kind", "not opened")["total"], figures["unopened"])
        rate, = figures["rates"]
        self.assertEqual(rate["refused"], 0)
        known = self.counted(party="XA-DPA-01")
        self.assertEqual(overseen.row(known, "outcome", "disclosed")["total"], SENT + 1)

    def test_2_an_edition_holds_the_rules(self):
        self.forget_editions()
        figures = self.published()
        self.assertEqual((figures["mode"], figures["k"], figures["edition"]),
                         ("published", K, "0001"))
        self.assertEqual(overseen.row(figures, "states", "XA > XC")["total"], SENT)
        for table in figures["tables"]:
            rows = [row["counts"] + [row["total"]] for row in table["rows"]]
            for cell in sum(rows, table["totals"] + [table["total"]]):
                self.assertTrue(cell in HIDDEN or cell == 0 or cell >= K, (table["name"], cell))
            self.assertNotIn(table["name"], ("pair", "field", "level", "kind", "code"))
            keys = {row["key"] for row in table["rows"]}
            self.assertFalse(keys & {"ASY", "WIT", "ASYLUM", "VIC"}, table)  # VIC: a3 alone
            self.assertFalse([key for key in keys if "XA-CA-01" in key])
        # The authority's mirror has the confidential message; an edition made of it does not.
        of_authority = self.counted("--publish", "--until", next_month(), "--dry-run",
                                    party="XA-DPA-01")
        self.assertEqual(of_authority["tables"], figures["tables"])

    def test_3_a_month_is_published_once(self):
        folder = self.forget_editions()
        self.published()
        self.assertEqual(self.published()["edition"], "0002")  # the same tells nothing
        self.assertEqual(self.published("--dry-run")["edition"], "0003")
        self.assertEqual(sorted(os.listdir(folder)), ["0001.json", "0002.json"])
        self.demo.accepted(demo.plain("STATS-MORE"))
        self.synced("XA-MIN-01")
        done = self.stats("--publish", "--until", next_month())
        self.assert_fails(done, REFUSED, "DIFFERS")
        self.assertRegex(done.error["message"], "edition 000[12] has")
        done = self.stats("--publish", "--until", next_month(), "--round")
        self.assert_fails(done, REFUSED, "DIFFERS")
        self.forget_editions()
        rounded = self.published("--round")
        self.assertEqual(overseen.row(rounded, "states", "XA > XC")["total"], K)
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write("{")
        self.assert_fails(self.stats("--publish", "--until", next_month()), 1, "STORE")
        self.forget_editions()

    def test_4_a_larger_k_hides_more_and_a_smaller_one_is_refused(self):
        self.forget_editions()
        figures = self.published("--k", "50", "--dry-run")
        self.assertIn("states", figures["unpublished"])
        for table in figures["tables"]:
            for cell in sum((row["counts"] for row in table["rows"]), table["totals"]):
                self.assertTrue(cell in ("<50", "-") or cell == 0 or cell >= 50, table)
        for words in (("--publish", "--k", "9"), ("--publish", "--k", "x"), ("--k", "20"),
                      ("--round",), ("--publish", "--until", "2026-11-15"),
                      ("--until", "yesterday"), ("--csv", "--from", "2026-01-01")):
            self.assert_fails(self.stats(*words), USAGE, "USAGE")

    def test_5_csv_and_text_say_the_same(self):
        self.synced("XA-MIN-01")
        done = self.plain_text("XA-MIN-01", "stats", "--csv")
        rows = list(csv.reader(io.StringIO(done.out)))
        figures = self.counted()
        self.assertEqual(rows[0], ["table", "row", "period", "count"])
        total = overseen.row(figures, "pair", "XA-CA-01 > XC-CA-01")["total"]
        self.assertIn(["pair", "XA-CA-01 > XC-CA-01", "total", str(total)], rows)
        cells = sum((len(t["rows"]) + 1) * (len(t["periods"]) + 1) for t in figures["tables"])
        self.assertEqual(len(rows), 1 + cells)
        text = self.plain_text("XA-MIN-01", "stats").out
        self.assertIn("pair (disclosures)", text)
        self.assertRegex(text, rf"XA-CA-01 > XC-CA-01 +{total} +{total}")


if __name__ == "__main__":
    demo.main()
