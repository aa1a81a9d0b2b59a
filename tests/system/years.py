"""A ministry's copy of its gateway's logs, one after another, as each year has one: what it follows,
finds, states and forgets across the change, and what it refuses."""

import base64
import contextlib
import hmac
import os
import shutil
import sqlite3

import crosscheck
import demo
import forge
import link
import octets
import overseen
import published
import succession

DONE, UNKNOWN, VERIFY, FORK = 0, 5, 9, 11
CASE, SID = "YEARS/2026-7", "S1"
MIN, DPA = "XA-MIN-01", "XA-DPA-01"
GROUND = ("--basis", "LED 16(2)", "--order", "XA-DPA-01/2026-114")
EARLIER = 1 << 40  # what an entry of the journal's first log is called from the next one on


class YearsTest(overseen.Overseen, succession.Succession):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.origin = cls.demo.vkey(cls.xa).split("+")[0]
        cls.name = cls.origin.rsplit("/", 1)[1]

    def settled(self):
        """The size of the log that is written, once all of it is published."""
        with link.Link(self.demo, "XA-CA-01", gateway=self.xa) as asking:
            note = asking.ask(link.LOG_CHECKPOINT, self.origin)[4][0][0]
            asking.end()
        size = int(note.split("\n")[1])
        demo.until(lambda: self.published() >= size, "it is published")
        return size

    def published(self):
        with open(f"{self.xa.log}/checkpoint", encoding="utf-8") as file:
            return int(file.read().split("\n")[1])

    def sync(self, party, *words, code=DONE):
        self.settled()
        done = self.audit(party, "sync", *words)
        self.assertEqual(done.code, code, done)
        return done

    def mirror(self, party):
        return f"{self.demo.dir}/home/mirror/{party.lower()}/XA-GW-01"

    def next_log(self, name):
        """The gateway is started again with the next log; what ended, as it says itself."""
        vkey = next(log["vkey"] for log in
                    self.demo.comity("audit", "keys", context="xc-ca-01").json["logs"]
                    if log["origin"] == self.origin)
        former, type(self).origin = self.name_next(self.xa, name, vkey)
        self.turn(self.xa, self.origin)
        self.xa.end()
        self.xa.start()
        end = self.ended(self.xa)[-1]
        self.assertEqual(end["origin"], former)
        return end

    def found(self, *words, party=MIN):
        done = self.audit(party, "search", *words)
        self.assertEqual(done.code, DONE, done)
        return done.rows

    def explained(self, *words, party=DPA):
        done = self.audit(party, "explain", *words)
        self.assertEqual(done.code, DONE, done)
        return done.json

    def denied(self):
        """Somebody who may not read openings asked for them: the index of the entry about it."""
        with self.reader("XA-POL-02") as reader:
            self.assertEqual(reader.get("/openings?from=0&count=1")[0], 404)
        self.sync(DPA)
        return self.found("--code", "E_ROLE", party=DPA)[0]["index"]

    def test_a_ministry_goes_from_one_log_to_the_next(self):
        first = self.demo.accepted(demo.plain(CASE))
        refused = self.denied()
        partly = self.sync(MIN).json
        self.assertEqual((partly["log"], partly["ended"]), (self.name, []))
        self.demo.accepted(demo.plain("YEARS/OTHER"))
        end = self.next_log("2027")
        second = self.demo.accepted(demo.plain(CASE))
        self.demo.admin(self.xa, "erase", "--entry", str(EARLIER + refused), *GROUND)
        for party in (MIN, DPA):
            self.follows(party, end, partly["size"])
        self.finds((first, second), end)
        self.forgets(refused)
        self.counts((first, second))
        self.compares()
        self.compares_over_http(end)
        self.misses()
        self.lacks()
        self.several_changes_and_another_end()

    def follows(self, party, end, before):
        done = self.sync(party).json
        ended, = done["ended"]
        self.assertEqual((done["log"], done["origin"]), ("2027", self.origin))
        self.assertEqual((ended["log"], ended["size"]), (self.name, end["size"]))
        self.assertGreater(end["size"], before)
        self.assertGreater(ended["new"], 0)
        again = self.sync(party).json
        self.assertEqual((again["log"], again["ended"]), ("2027", []))
        verified = self.demo.comity("audit", "verify", "--mirror", self.mirror(party),
                                    context=party.lower())
        self.assertEqual(verified.code, DONE, verified)
        self.assertEqual([(row["origin"], row["verified"]) for row in verified.rows],
                         [(end["origin"], True), (self.origin, True)])

    def finds(self, messages, end):
        everything = self.found("--limit", "1000")
        places = [(row["log"], row["index"]) for row in everything]
        self.assertEqual(places, sorted(places, reverse=True, key=lambda place:
                                        (place[0] == "2027", place[1])))
        self.assertEqual(places[-1], (self.name, 0))
        self.assertEqual({log for log, _ in places}, {self.name, "2027"})
        self.assertEqual(len([log for log, _ in places if log == self.name]), end["size"])
        pages = self.found("--limit", "3")
        while (pages[-1]["log"], pages[-1]["index"]) != (self.name, 0):
            last = pages[-1]
            pages += self.found("--limit", "3", "--before", f"{last['log']}/{last['index']}")
        self.assertEqual([(row["log"], row["index"]) for row in pages], places)
        counted = self.audit(MIN, "search", "--count").json
        self.assertEqual(counted["count"], len(places))
        for message, log in zip(messages, (self.name, "2027")):
            page = self.explained(message)
            self.assertEqual((page["entry"]["log"], page["entry"]["kind"]), (log, "disclosure"))
            self.assertIn(log, page["proof"]["origin"])
        self.assertEqual(self.explained("0")["entry"]["log"], "2027")
        old = self.explained("0", "--log", self.name)
        self.assertEqual((old["entry"]["log"], old["proof"]["origin"]), (self.name, end["origin"]))
        self.assert_fails(self.audit(DPA, "explain", "0", "--log", "2025"), UNKNOWN, "E_UNKNOWN")
        self.assert_fails(self.audit(DPA, "search", "--before", "2025/1"), UNKNOWN, "E_UNKNOWN")
        text = self.plain_text(MIN, "search", "--limit", "1000").out
        self.assertIn(f"{self.name}/0 ", text)

    def forgets(self, refused):
        """What was erased in the second year is gone from the mirrors of the first."""
        for party in (MIN, DPA):
            self.assertFalse(self.found("--code", "E_ROLE", party=party), party)
            for path, content in demo.folder_octets(os.path.join(self.mirror(party), self.name)):
                self.assertNotIn(b"E_ROLE", content, path)
        erasure = self.found("--kind", "erasure", party=DPA)[0]
        self.assertEqual((erasure["log"], erasure["related"], erasure["related_log"]),
                         ("2027", refused, self.name))
        page = self.explained(str(erasure["index"]))
        self.assertEqual([(row["log"], row["index"]) for row in page["related"]],
                         [(self.name, refused)])
        page = self.explained(str(refused), "--log", self.name)
        self.assertFalse(page["entry"]["opened"])
        self.assertEqual([(row["log"], row["index"]) for row in page["related"]],
                         [("2027", erasure["index"])])

    def counts(self, messages):
        disclosed = self.found("--kind", "disclosure", "--from", "XA-CA-01", "--limit", "1000")
        self.assertEqual({row["log"] for row in disclosed}, {self.name, "2027"})
        done = self.audit(MIN, "stats")
        self.assertEqual(done.code, DONE, done)
        self.assertEqual(overseen.row(done.json, "outcome", "disclosed")["total"],
                         len([row for row in disclosed if row["opened"]]))
        done = self.audit(MIN, "subject", "--from", "XA-CA-01", "--case", CASE, "--sid", SID)
        self.assertEqual(done.code, DONE, done)
        told = done.json["disclosures"]
        self.assertEqual([row["log"] for row in told], [self.name, "2027"])
        for row, message in zip(told, messages):
            self.assertEqual(self.explained(message)["entry"]["index"], row["index"])

    def compares(self):
        """The receipts of an agency with the logs of both years."""
        done = self.demo.comity("audit", "crosscheck", "--mirror", self.mirror(DPA),
                                context="xa-ca-01")
        self.assertEqual(done.code, DONE, done)
        watched = self.audit(DPA, "watch")
        rows = {row["name"]: row["state"] for row in watched.json["rows"]}
        for name in ("signature", "receipts", "evidence", "rulebook"):
            self.assertEqual(rows[name], "OK", watched)

    def crosschecks(self, code):
        """Without a copy: what the gateway serves."""
        done = self.demo.comity("audit", "crosscheck", context="xa-ca-01")
        self.assertEqual(done.code, code, done)
        return done, {row["finding"]: row for row in done.json["findings"]}

    def compares_over_http(self, end):
        """The log of each year where it is served; and what becomes of one that is not there, that
        stands in another's place, or that its owner rewrote."""
        former, laid_aside = end["origin"], self.laid_aside(self.xa, end["origin"])
        self.settled()
        done, _ = self.crosschecks(DONE)
        own = {row["origin"]: row for row in done.json["logs"]}
        for origin, source in ((former, f"XA-GW-01/log/{self.name}"), (self.origin, "XA-GW-01")):
            self.assertEqual((own[origin]["source"], own[origin]["agree"]),
                             (source, own[origin]["receipts"]))
            self.assertGreater(own[origin]["receipts"], 0)
        self.assertEqual(own[former]["size"], end["size"])
        with crosscheck.aside(laid_aside):
            done, found = self.crosschecks(VERIFY)
            self.assertEqual((set(found), found["hidden"]["origin"]), ({"hidden"}, former))
            self.assertIn("404", found["hidden"]["why"])
        with crosscheck.aside(laid_aside, self.demo.at("XC").log):
            done, found = self.crosschecks(VERIFY)
            self.assertEqual((set(found), found["hidden"]["origin"]),
                             ({"hidden", "unsound"}, former))
        copy = shutil.copytree(laid_aside, os.path.join(demo.temporary_folder(), "former"))
        with crosscheck.aside(self.xa.log, copy):
            done, found = self.crosschecks(VERIFY)
            self.assertEqual((set(found), found["hidden"]["origin"]),
                             ({"hidden", "unsound"}, self.origin))
            self.assertIn("from which another log went on", found["unsound"]["message"])
            own = {row["origin"]: row["compared"] for row in done.json["logs"]}
            self.assertEqual((own[former], own[self.origin]), (True, False))
        self.rewritten(former, laid_aside)
        self.closed(end)

    def rewritten(self, former, laid_aside):
        """Of last year's log the last entries are dropped, and its key has signed that."""
        log = published.Log(laid_aside)
        log.grow()
        key = forge.Key(f"{self.demo.pki}/XA/gateways/XA-GW-01/log.key")
        shown = crosscheck.folder_of(forge.Log(former, key, log.entries[:1]))
        with crosscheck.aside(laid_aside, shown):
            _, found = self.crosschecks(FORK)
            self.assertEqual(set(found), {"omitted", "rollback"})
            self.assertEqual(found["rollback"]["origin"], former)

    def closed(self, end):
        """The directory says where it ended: there, and before."""
        self.close(end["origin"], end["size"], end["root"])
        self.crosschecks(DONE)
        for size, why in ((end["size"] - 1, "log.closed"), (end["size"] + 1, "less of it")):
            self.close(end["origin"], size, end["root"])
            _, found = self.crosschecks(VERIFY)
            self.assertIn(why, found["unsound"]["message"])
        self.open_again(end["origin"])
        self.crosschecks(DONE)

    def misses(self):
        """Without the first year nothing is shown, nor is anything added."""
        copy = os.path.join(demo.temporary_folder(), "XA-GW-01")
        shutil.copytree(self.mirror(MIN), copy)
        shutil.rmtree(os.path.join(copy, self.name))
        done = self.audit(MIN, "search", "--mirror", copy)
        self.assert_fails(done, VERIFY, "E_HASH")
        self.assertIn("not here", done.error["message"])
        self.assert_fails(self.audit(MIN, "sync", "--mirror", copy), VERIFY, "E_HASH")

    def copied(self, *without, change=None):
        """The ministry's mirrors but for some logs; change is what somebody did to the second."""
        copy = os.path.join(demo.temporary_folder(), "XA-GW-01")
        shutil.copytree(self.mirror(MIN), copy)
        for name in without:
            shutil.rmtree(os.path.join(copy, name))
        if change is not None:
            with contextlib.closing(sqlite3.connect(os.path.join(copy, "2027/mirror.db"))) as db:
                db.execute(change)
                db.commit()
        return copy

    def lacks(self):
        """No year can be taken out of the mirrors and the rest called whole."""
        vkey = next(log["vkey"] for log in
                    self.demo.comity("audit", "keys", context=MIN.lower()).json["logs"]
                    if log["origin"] == self.origin)
        oldest = "UPDATE log SET succeeds = ''"
        for without, change, said, searched in (
                ((self.name,), None, "not here", VERIFY),
                ((self.name,), oldest, "the directory says that it goes on from", VERIFY),
                ((), oldest, "do not go on", VERIFY),
                ((), "DELETE FROM checkpoint", "checkpoint: missing", DONE),
                ((), "DELETE FROM log", "whose log it is", VERIFY),
                ((), "PRAGMA user_version = 0", "no mirror any more", VERIFY)):
            copy = self.copied(*without, change=change)
            done = self.demo.comity("audit", "verify", "--mirror", copy, context=MIN.lower())
            self.assert_fails(done, VERIFY, "E_HASH")
            self.assertIn(said, done.error["message"])
            own = demo.run(demo.COMITY, "audit", "verify", "--mirror", copy, "--key", vkey, "--json")
            self.assertEqual(own.code, VERIFY, own)
            self.assertEqual(self.audit(MIN, "search", "--mirror", copy).code, searched, change)
        self.lacks_the_newest()

    def lacks_the_newest(self):
        """A sync could be late: the directory's next log is told, and the rest is whole."""
        copy = self.copied("2027")
        done = self.demo.comity("audit", "verify", "--mirror", copy, context=MIN.lower())
        self.assertEqual([(row["verified"], row["next"], row["former_checked"])
                          for row in done.rows], [(True, self.origin, True)], done)
        self.assertIn("none of it is here",
                      self.plain_text(MIN, "verify", "--mirror", copy).out)
        done = self.demo.comity("audit", "verify", "--mirror", self.mirror(MIN),
                                context=MIN.lower())
        self.assertEqual([row["next"] for row in done.rows], [None, None], done)

    def several_changes_and_another_end(self):
        """A mirror that has none, and one that sleeps while the log changes twice."""
        asleep = os.path.join(demo.temporary_folder(), "asleep")
        self.sync(MIN, "--mirror", asleep)
        self.demo.accepted(demo.plain("YEARS/ASLEEP"))
        second, third = self.next_log("2028"), self.next_log("2029")
        for mirror, logs in ((asleep, ["2028", "2027"]),
                             (os.path.join(demo.temporary_folder(), "new"),
                              ["2028", "2027", self.name])):
            if mirror == asleep:
                self.ends_elsewhere(mirror, second)
            done = self.sync(MIN, "--mirror", mirror).json
            self.assertEqual(done["log"], "2029")
            self.assertEqual([log["log"] for log in done["ended"]][::-1], logs)
            verified = self.demo.comity("audit", "verify", "--mirror", mirror,
                                        context=MIN.lower())
            self.assertEqual((verified.code, len(verified.rows)), (DONE, 4), verified)
        self.assertEqual(third["origin"].rsplit("/", 1)[1], "2028")

    def ends_elsewhere(self, mirror, end):
        """The directory and the next log say that it ended, and where: not the same."""
        self.close(end["origin"], end["size"] - 1, end["root"])
        self.assertIn(end["origin"].rsplit("/", 1)[1],
                      self.sync(MIN, "--mirror", mirror, code=FORK).error["message"])
        kept = sorted(demo.files_below(os.path.join(mirror, "2027", "evidence")))
        self.assertEqual({os.path.splitext(path)[1] for path in kept},
                         {".kept", ".shown", ".openings", ".proof"})
        self.tells(os.path.splitext(kept[0])[0], end)
        self.assertEqual(set(os.listdir(mirror)), {self.name, "2027"})
        self.close(end["origin"], end["size"], end["root"])

    def tells(self, evidence, end):
        """Whoever has the files alone reads what the next log's first entry says of the one before."""
        row, = octets.uncbor(demo.read(f"{evidence}.openings"))
        entry, (key, record) = row[1], row[3]
        head, note = demo.read(f"{evidence}.proof").decode().split("\n\n", 1)
        self.assertEqual(note, demo.read(f"{evidence}.shown").decode())
        header, index, *path = head.split("\n")
        self.assertEqual((header, index), ("c2sp.org/tlog-proof@v1", "index 0"))
        root = published.leaf_hash(entry)
        for node in path:
            root = published.node_hash(root, base64.b64decode(node))
        self.assertEqual(root, published.read_note(note)[1])
        self.assertEqual(entry[-32:], hmac.digest(key, b"comity-inner-1\0" + record, "sha256"))
        self.assertIn(f"{end['origin']}, which ended at {end['size']} root {end['root']}".encode(),
                      record)


if __name__ == "__main__":
    demo.main()
