"""A State's ministry and its data-protection authority with contexts and mirrors of their own."""

import os

import demo
import web


class Overseen(web.Oversight):
    """What is asked of a mirror, after it was brought up to date."""

    overseers = ("XA-MIN-01", "XA-DPA-01", "XA-POL-02")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = os.path.join(cls.demo.dir, "home", "contexts")
        with open(os.path.join(folder, "xa-ca-01.json"), encoding="utf-8") as file:
            model = file.read()
        for party in cls.overseers:
            with open(os.path.join(folder, f"{party.lower()}.json"), "w", encoding="utf-8") as file:
                file.write(model.replace("XA-CA-01", party).replace("xa-ca-01", party.lower()))

    def audit(self, party, verb, *words):
        return self.demo.comity("audit", verb, *words, context=party.lower())

    def synced(self, party):
        """Once everything that was answered so far is in the mirror."""
        self.demo.settled_size(self.xa, "XA-CA-01")
        done = self.audit(party, "sync")
        self.assertEqual(done.code, 0, done)

    def plain_text(self, party, verb, *words):
        """The same for people, not JSON."""
        return demo.run(demo.COMITY, "audit", verb, *words, "--context", party.lower(),
                        env=self.demo.env)


def table(figures, name):
    return next(t for t in figures["tables"] if t["name"] == name)


def row(figures, name, key):
    """{period: count} of a row, and its total."""
    rows = table(figures, name)
    found = next(r for r in rows["rows"] if r["key"] == key)
    return dict(zip(rows["periods"], found["counts"]), total=found["total"])
