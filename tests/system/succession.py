"""A log ends and another one goes on from it in the same journal: at the change of the year, and where
the lock database is lost, by a record of the authorities in the directory. What was proved by the
former stays proved, what waits is delivered, and nothing is signed that the record does not allow."""

import base64
import os
import re
import shutil

import admin
import demo
import forge
import texts

TOOLS = os.environ["COMITY_TEST_PROGRAMS"]
VERIFY = os.path.join(demo.SOURCE, "clients", "verify", "verify.py")
FORK, CONFIG = 11, 78
NOTHING = base64.b64encode(bytes(32)).decode()
SUCCEEDS = re.compile(r' succeeds "[^"]*"')
END = re.compile(r'closed at (\d+) root "([A-Za-z0-9+/=]{44})"')


class Succession(admin.Admin):
    def rows(self):
        return f"{self.demo.dir}/rulebook/states/demo"

    def announce(self):
        """The directory of everybody, signed."""
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "states")

    def name_next(self, gateway, name, vkey=None, public=None):
        """The directory has a log that succeeds the gateway's, under its key or this one; its origin
        and the former's."""
        vkey = vkey or self.demo.vkey(gateway)
        former = vkey.split("+")[0]
        origin = former.rsplit("/", 1)[0] + "/" + name
        public = public or base64.b64decode(vkey.split("+", 2)[2])[1:]
        key = forge.vkey(origin, forge.LOG, public)
        texts.change_where(self.rows(), rf'(?m)^( *log )"{former}" key "[^"]*"(.*)$',
                           lambda row: f'{row[0]}\n{row[1]}"{origin}" key "{key}"'
                                       f'{SUCCEEDS.sub("", row[2])} succeeds "{former}"')
        self.announce()
        return former, origin

    def turn(self, gateway, origin):
        texts.change_where(gateway.config, r"(?m)^  origin: .*$",
                           lambda _: f"  origin: '{origin}'")

    def close(self, former, size, root):
        """The authorities say where the log ended, or something else than they said before."""
        texts.change_where(self.rows(), rf'(?m)^( *log "{former}" key .*? quorum 0'
                                        r'(?: succeeds "[^"]*")?)( closed at .*)?$',
                           lambda row: f'{row[1]} closed at {size} root "{root}"')
        self.announce()

    def open_again(self, former):
        texts.change_where(self.rows(), rf'(?m)^( *log "{former}" key .*? quorum 0) closed at .*$',
                           lambda row: row[1])
        self.announce()

    def ended(self, gateway):
        return self.admin("status", gateway=gateway)["log"]["ended"]

    def arrives(self, message, context="xc-ca-01"):
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox(context)],
                   "it arrives", admin.BACK_S)

    def read(self, message):
        self.arrives(message)
        done = self.demo.show(message)
        self.assertEqual(done.code, 0, done)
        demo.until(lambda: self.demo.stage(message) == "retrieved", "its sender is told",
                   admin.BACK_S)

    def proved(self, message):
        """By its receipts, at its sender and its recipient."""
        self.assertIs(self.demo.show(message, "xa-ca-01").json["recipients"][0]["proved"], True)
        self.assertEqual(self.demo.show(message).code, 0)

    def verified(self, folder, code=0):
        done = self.demo.comity("audit", "verify", "--log", folder, context="xa-ca-01")
        self.assertEqual(done.code, code, done)
        return done

    def laid_aside(self, gateway, former):
        return f"{gateway.log}/{former.rsplit('/', 1)[1]}"

    def no_fork(self):
        for gateway in (self.demo, self.corland):
            self.assertFalse(any(log["fork"] for log in self.peer(gateway)["logs"]))


class Year(Succession):
    def test_the_year_changes_while_a_peer_and_a_party_sleep(self):
        before = self.demo.accepted(demo.plain("YEAR-1"))
        self.read(before)
        unread = self.demo.accepted(demo.plain("YEAR-2"))
        demo.until(lambda: self.demo.stage(unread) != "accepted", "it is relayed", admin.BACK_S)
        self.corland.end()
        waiting = self.demo.accepted(demo.plain("YEAR-3"))
        self.former_key = self.demo.vkey()
        former, origin = self.name_next(self.demo, "2027")
        self.turn(self.demo, origin)
        self.demo.end()
        self.demo.start()
        said = self.demo.events("log.ended")[-1]["text"]
        after = self.demo.accepted(demo.plain("YEAR-4"))
        status = self.admin("status")["log"]
        self.assertEqual(status["origin"], origin)
        end = status["ended"][0]
        self.assertEqual((end["origin"], len(status["ended"])), (former, 1))
        self.assertEqual(END.search(said).groups(), (str(end["size"]), end["root"]))
        self.corland.start()
        for message in (unread, waiting, after):
            self.read(message)
        self.proved(before)
        self.no_fork()
        self.assertEqual(len(self.peer(self.corland)["logs"]), 2)
        self.close_and_judge(former, end, (before, waiting, after))

    def close_and_judge(self, former, end, messages):
        """The record comes when the authorities have signed it; nobody has waited for it."""
        self.close(former, end["size"] - 1, end["root"])
        self.refuses(f"closes the log {former} elsewhere than it ended: at {end['size']} root")
        self.refuses_to_start()
        self.close(former, end["size"], end["root"])
        self.demo.start()
        for gateway in (self.demo, self.corland):
            self.admin("reload", gateway=gateway)
        later = self.demo.accepted(demo.plain("YEAR-5"))
        self.read(later)
        for message in messages:
            self.proved(message)
        said = len(self.demo.events("log.ended"))
        self.nothing_is_taken_back(former, end)
        self.assertEqual(len(self.demo.events("log.ended")), said)
        self.evidence(messages[0], former, end)
        old = self.laid_aside(self.demo, former)
        self.assertEqual(self.verified(old).json["size"], end["size"])
        demo.until(lambda: self.verified(self.demo.log).json["size"] > 2, "it is published")
        self.other_records(former, end, old)
        self.nobody_goes_back(former)

    def other_records(self, former, end, old):
        """What a reader refuses, by name."""
        for size, root, code in ((end["size"] - 1, end["root"], 9), (end["size"], NOTHING, FORK),
                                 (end["size"] + 1, NOTHING, 0), (end["size"], end["root"], 0)):
            self.close(former, size, root)
            done = self.verified(old, code)
            self.assertEqual(done.json["ended"], {"size": size, "root": root})
            self.assertEqual("ended at" in done.json["fault"], code != 0)
            second = demo.run(f"{TOOLS}/verify_log", old, self.former_key, f"{size}:{root}")
            self.assertEqual(second.code, int(code != 0), second)

    def refuses(self, why):
        """The gateway does not take this directory; the one in force stays."""
        done = self.ask("admin", "reload")
        self.assertNotEqual(done.code, 0, done)
        said = self.demo.events("reload.refused")[-1]
        self.assertEqual(said["level"], "alarm")
        self.assertRegex(said["text"], re.escape(why) + r".*\(object\.closing\)")

    def refuses_to_start(self):
        self.demo.end()
        self.assertIn("object.closing", self.demo.launch())
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), CONFIG)

    def nothing_is_taken_back(self, former, end):
        """The old directory stays where a new one opens the log again, or ends it elsewhere."""
        for change, why in ((lambda: self.open_again(former), "is not closed any more"),
                            (lambda: self.close(former, end["size"] + 1, end["root"]),
                             "is closed at another size or root")):
            change()
            self.refuses(f"the log {former} {why}: ")
        self.refuses_to_start()
        self.close(former, end["size"], end["root"])
        self.demo.start()

    def exported(self, *words, code=0):
        folder = f"{demo.temporary_folder()}/evidence"
        done = self.demo.comity("audit", "export", *words, "-o", folder, context="xa-ca-01")
        self.assertEqual(done.code, code, done)
        return folder

    def evidence(self, message, former, end):
        """An entry of a log that ended, for a court: by the archive's receipt, made while the log
        went on, and by a COSE receipt, made after."""
        kept = f"{demo.temporary_folder()}/kept"
        done = self.demo.comity("archive", "export", message, "--dir", kept, context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        receipt = f"{kept}/{message}.receipt.accepted"
        closed = ("--closed", f"{end['size']}:{end['root']}")
        witnessed = ("--witnessed", "--quorum", "1")
        alone, both = self.exported("--receipt", receipt), self.exported(message, "--cose")
        for folder, more, fault in (
                (alone, (), None), (alone, closed, None), (both, (), None), (both, closed, None),
                (both, (*witnessed, *closed), None),
                (alone, (*witnessed, *closed), "checkpoint: not cosigned"),
                (both, witnessed, "checkpoint: not cosigned"),
                (alone, ("--closed", f"1:{end['root']}"), "checkpoint: the log ended at 1 entries"),
                (both, ("--closed", f"{end['size'] - 1}:{end['root']}"), "cose: the log ended at"),
                (both, ("--closed", f"{end['size']}:{NOTHING}"), "cose: the log ended with another")):
            done = demo.run(VERIFY, folder, *more)
            self.assertEqual(done.code, int(fault is not None), done)
            self.assertIn("ok      proof" if fault is None else f"FAILED  {fault}", done.out)
        self.assertIn(f"{end['size']}:{end['root']}", demo.read(f"{both}/README.txt").decode())
        for size, root, words, code in ((1, end["root"], ("--receipt", receipt), 9),
                                        (end["size"] - 1, end["root"], (message, "--cose"), 9),
                                        (end["size"], NOTHING, (message, "--cose"), FORK)):
            self.close(former, size, root)
            self.exported(*words, code=code)
        self.close(former, end["size"], end["root"])

    def nobody_goes_back(self, former):
        self.demo.end()
        self.turn(self.demo, former)
        said = self.demo.launch()
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), CONFIG)
        self.assertIn("nothing may be signed under it", said)


class Lock(Succession):
    def test_a_lost_lock_is_mended_by_a_record_of_the_authorities(self):
        read = self.demo.accepted(demo.plain("LOST-1"))
        self.read(read)
        unread = self.demo.accepted(demo.plain("LOST-2"))
        self.arrives(unread)
        self.corland.end()
        waiting = self.demo.accepted(demo.plain("LOST-3"))
        for name in os.listdir(f"{self.corland.folder}/lock"):
            os.unlink(f"{self.corland.folder}/lock/{name}")
        former, origin = self.name_next(self.corland, "2026-2")
        self.turn(self.corland, origin)
        size, root = self.refused()
        self.close(former, size - 1, root)
        self.refused()
        self.close(former, size, root)
        self.admin("reload")
        self.corland.start()
        self.assertEqual([(row["origin"], row["size"], row["root"])
                          for row in self.ended(self.corland)], [(former, size, root)])
        for message in (unread, waiting):
            self.read(message)
        self.proved(read)
        self.no_fork()
        self.assertEqual(self.verified(self.laid_aside(self.corland, former)).json["size"],
                         size)

    def refused(self):
        """Nothing is signed; where the journal's log ends is said."""
        said = self.corland.launch()
        self.assertEqual(self.corland.process.wait(timeout=demo.DEADLINE_S), FORK)
        found = END.findall(said)[-1] if END.search(said) else None
        self.assertIsNotNone(found, said)
        self.assertRegex(said, "nothing may be signed|Nothing may be signed")
        return int(found[0]), found[1]


class Replaced(Succession):
    def test_a_log_ends_under_another_key_than_the_next_one_has(self):
        """Killed before its last entries were published, and its key is in other hands."""
        read = self.demo.accepted(demo.plain("KEY-1"))
        self.read(read)
        published = demo.read(f"{self.corland.log}/checkpoint")
        unread = self.demo.accepted(demo.plain("KEY-2"))
        self.arrives(unread)
        self.corland.end()
        with open(f"{self.corland.log}/checkpoint", "wb") as file:
            file.write(published)
        key = f"{self.demo.pki}/XC/gateways/XC-GW-01/log.key"
        self.replace_key(key)
        said = self.corland.launch()
        self.assertNotEqual(self.corland.process.wait(timeout=demo.DEADLINE_S), 0)
        self.assertIn(f"there is no checkpoint of the log {self.former} over its ", said)
        self.assertIn("Set log.former_key to the file of its key", said)
        self.former_key(f"\\n  former_key: '{key}'")
        self.admin("reload")
        self.corland.start()
        end = self.ended(self.corland)[0]
        self.assertEqual((end["origin"], len(self.ended(self.corland))), (self.former, 1))
        self.read(unread)
        self.proved(read)
        self.no_fork()
        self.former_key("")
        self.admin("reload", gateway=self.corland)
        self.corland.end()
        self.corland.start()
        self.read(self.demo.accepted(demo.plain("KEY-3")))
        self.close(self.former, end["size"], end["root"])
        for gateway in (self.demo, self.corland):
            self.admin("reload", gateway=gateway)
        self.proved(read)
        self.assertEqual(self.verified(self.laid_aside(self.corland, self.former)).json["size"],
                         end["size"])

    def replace_key(self, key):
        """The next log has another one."""
        other = f"{key}.second"
        public = forge.Key.make(other).public
        shutil.copymode(key, other)
        os.chown(other, os.stat(key).st_uid, os.stat(key).st_gid)
        self.former, origin = self.name_next(self.corland, "2026-2", public=public)
        self.turn(self.corland, origin)
        texts.change_where(self.corland.config, r"(?m)^(  key: '.*/log\.key)'$", r"\1.second'")

    def former_key(self, line):
        texts.change_where(self.corland.config,
                           r"(?m)^(  key: '.*/log\.key\.second')(\n  former_key: .*)?$",
                           r"\1" + line)


if __name__ == "__main__":
    demo.main()
