"""What gateways hand each other besides messages: revocation lists, which are believed by their
CA's signature, and objects of the rulebook, which an operator accepts. Each gateway has files of
its own here, and what happens at one is brought to the other by their link alone."""

import datetime
import glob
import os
import re
import shutil
import signal
import subprocess
import types
import uuid

import demo
import link
import peers
import texts

BACK_S = 120  # a link is dialled again within a minute and a half
SWEEP_S = 5
TLS = "XC/gateways/XC-GW-01/tls.crt"


def certs(folder, script, *words):
    subprocess.run([os.path.join(demo.SOURCE, "certs", script), "--dir", folder, *words],
                   check=True, capture_output=True)


class DistributionTest(demo.DemoTest):
    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.arvenia, cls.corland = cls.demo, cls.demo.at("XC")
        for gateway in cls.demo.gateways:
            gateway.end()
            gateway.rulebook = texts.own_rulebook(gateway, f"{cls.demo.dir}/rulebook")
        cls.list = f"{cls.arvenia.folder}/XC.pem"
        shutil.copy(f"{cls.demo.pki}/XC/crl.pem", cls.list)
        texts.change(cls.arvenia.config, f"'{cls.demo.pki}/XC/crl.pem'", f"'{cls.list}'")
        for gateway in cls.demo.gateways:
            gateway.start()

    def said(self, gateway, event, since=0, about=""):
        """The first line of that event with this in it, once it is said."""
        def found():
            return [line for line in gateway.events(event, since) if about in line["text"]]
        return demo.until(found, f"{gateway.id} says {event} {about}", BACK_S)[0]

    def reload(self, gateway):
        """What a reload says it has changed."""
        since = len(gateway.said())
        os.kill(gateway.pid, signal.SIGHUP)
        return self.said(gateway, "reload.done", since)["text"]

    @staticmethod
    def meet_again(gateway):
        """It comes back, and what it has is asked for at once."""
        gateway.end()
        gateway.start()


class ListsTest(DistributionTest):
    """Certificates of Corland's gateway that are revoked, of which Arvenia's own files know
    nothing."""

    states = ("XA", "XB", "XC")

    def certificate(self, name):
        """Another one for Corland's gateway; where it lies, and its name for who revokes it."""
        folder = f"{self.demo.pki}.{name}"
        shutil.copytree(self.demo.pki, folder)
        certs(folder, "renew-demo-certificate", TLS)
        copy = TLS.replace("tls.", f"{name}.")
        shutil.copy(f"{folder}/{TLS}", f"{self.demo.pki}/{copy}")
        return types.SimpleNamespace(pki=folder, id=self.arvenia.id,
                                     address=self.arvenia.address), copy

    def opened(self, place):
        """A link of Corland's gateway to Arvenia's, by the certificate that lies there. Where that
        gateway itself dials at the same moment, only the later of the two is kept."""
        def alone():
            try:
                return peers.Peer(place, "XC-GW-01", self.arvenia)
            except link.Replaced:
                return None
        new = demo.until(alone, "the link is kept", BACK_S)
        self.addCleanup(new.socket.close)
        return new

    def assert_refused(self, place):
        with self.assertRaises((link.Closed, ConnectionError, OSError)):
            self.opened(place)

    def numbers(self):
        """Of the lists in use, as a check of the configuration prints them."""
        done = self.arvenia.comityd(self.arvenia.config, "--check-config")
        return dict(re.findall(r"revocation list of (..), number (\d+)", done.out))

    def assert_received(self, peers, number, since=0):
        line = self.said(self.arvenia, "revocations.received", since)
        self.assertIn(line["peer"], peers)
        self.assertEqual(line["text"], f"revocation list {number} of XC")

    def assert_taken(self, number, since=0):
        text = self.said(self.arvenia, "revocations.taken", since)["text"]
        self.assertRegex(text, rf"^revocation lists [^;]*XC {number}[^;]*$")


class Lists(ListsTest):
    def test_a_revocation_at_one_gateway_counts_at_the_other(self):
        before = demo.read(self.list)
        place, name = self.certificate("second")
        self.opened(place).end()
        certs(self.demo.pki, "revoke-demo-certificate", name)
        self.assertIn("XC 2", self.reload(self.corland))
        self.meet_again(self.corland)
        self.assert_received(("XC-GW-01", "XB-GW-01"), 2)  # whoever has heard of it first
        self.assert_taken(2)
        self.assert_refused(place)
        self.assertEqual(demo.read(self.list), before)
        kept = f"{self.arvenia.journal}/received/revocations-XC.pem"
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)

        self.arvenia.end()
        self.assertEqual(self.numbers(), {"XA": "1", "XB": "1", "XC": "2"})
        self.arvenia.start()
        self.assert_refused(place)
        self.goes_on_with_what_it_has(kept, place)
        self.ends_an_open_link()

    def ends_an_open_link(self):
        """The list comes by a third State: Corland's gateway itself would take the link's place."""
        bessaria, since = self.demo.at("XB"), len(self.arvenia.said())
        place, name = self.certificate("third")
        self.corland.end()
        opened = self.opened(place)
        certs(self.demo.pki, "revoke-demo-certificate", name)
        self.assertIn("XC 3", self.reload(bessaria))
        self.meet_again(bessaria)
        self.assert_received(("XB-GW-01",), 3, since)
        opened.socket.settimeout(2 * SWEEP_S)
        self.assertEqual(opened.until_closed(), "E_SIG")
        self.assert_refused(place)

    def goes_on_with_what_it_has(self, kept, place):
        """A spoilt file stops neither a reload nor the start; then the peer's comes anew."""
        with open(kept, "wb") as file:
            file.write(b"-----BEGIN X509 CRL-----\nnone\n-----END X509 CRL-----\n")
        since = len(self.arvenia.said())
        self.assertEqual(self.reload(self.arvenia), "nothing has changed")
        self.assertIn(kept, self.said(self.arvenia, "received.skipped", since)["text"])
        self.assert_refused(place)
        self.arvenia.end()
        since = len(self.arvenia.said())
        self.arvenia.start()
        self.assertIn(f"{kept}: a revocation list is left out", self.arvenia.said()[since:])
        self.said(self.arvenia, "revocations.received", since)
        self.assert_taken(2, since)
        self.assert_refused(place)


class HalfEdited(ListsTest):
    """A list arrives while the operator is at work on the configuration and the rulebook."""

    def law(self):
        return self.demo.admin(self.arvenia, "status")["law"]

    def bessaria_since(self):
        """Since when the link with the third gateway is open; None where it is not."""
        rows = self.demo.admin(self.arvenia, "peers")["peers"]
        row = next(row for row in rows if row["id"] == "XB-GW-01")
        return datetime.datetime.fromisoformat(row["since"]) if row["up"] else None

    def revoke(self, name, number):
        """At Corland, which tells Arvenia. What is said since then."""
        since = len(self.arvenia.said())
        place, copy = self.certificate(name)
        self.opened(place).end()
        certs(self.demo.pki, "revoke-demo-certificate", copy)
        self.meet_again(self.corland)
        self.assert_received(("XC-GW-01", "XB-GW-01"), number, since)
        self.assert_taken(number, since)
        self.assert_refused(place)
        return since

    def test_a_list_is_taken_and_nothing_of_what_lies_there_half_edited(self):
        demo.until(self.bessaria_since, "the third gateway's link is open", BACK_S)
        law, began = self.law(), datetime.datetime.now(datetime.timezone.utc)
        vocabulary = f"{self.arvenia.rulebook}/law/vocabulary"
        with open(self.arvenia.config, "a", encoding="utf-8") as file:
            file.write("revocation_grace: '7h'\nuser: [half\n")
        texts.change(vocabulary, "law number 1\n", "law number 2\nhalf\n")
        self.assert_nothing_else(self.revoke("second", 2), law, began)

        texts.change(self.arvenia.config, "user: [half\n", "")
        texts.change(vocabulary, "law number 2\nhalf\n", "law number 2\n")
        demo.sign(self.demo.pki, self.arvenia.rulebook, "law")
        self.assert_nothing_else(self.revoke("third", 3), law, began)

        changed = self.reload(self.arvenia)
        self.assertRegex(changed, "^rulebook [0-9a-f]{64}; revocation_grace in seconds 25200$")
        self.assertNotEqual(self.law(), law)

    def assert_nothing_else(self, since, law, began):
        said = [line["event"] for line in self.arvenia.events(after=since)]
        self.assertEqual([event for event in said if event.startswith("reload.")], [])
        self.assertEqual(said.count("revocations.taken"), 1, said)
        self.assertEqual(self.law(), law)
        self.assertLess(self.bessaria_since(), began)  # no link was left because of it

    def test_while_a_file_of_the_certificates_is_wrong_all_stays(self):
        since, whole = len(self.arvenia.said()), demo.read(self.list)
        with open(self.list, "wb") as file:
            file.write(whole[:200])
        _, copy = self.certificate("fourth")
        certs(self.demo.pki, "revoke-demo-certificate", copy)
        self.meet_again(self.corland)
        line = self.said(self.arvenia, "revocations.waiting", since)
        self.assertEqual((line["level"], self.list in line["text"]), ("alarm", True))
        with open(self.list, "wb") as file:
            file.write(whole)
        number = self.said(self.arvenia, "revocations.received", since)["text"].split()[2]
        self.assert_taken(number, since)  # within a minute, of itself


class Objects(DistributionTest):
    """Corland's rulebook goes ahead."""

    def admin(self, *words):
        return self.demo.comity("admin", "rulebook", *words, "--config", self.arvenia.config)

    def raised(self, name, old, number, *changes, also=()):
        """An object of Corland's rulebook with changes and a higher number, in use there. also:
        other objects that have changed."""
        path = f"{self.corland.rulebook}/{name}"
        for one in changes:
            texts.change(path, *one)
        texts.change(path, f"{old} number {number - 1}\n", f"{old} number {number}\n")
        demo.sign(self.demo.pki, self.corland.rulebook, name.split("/", maxsplit=1)[0], *also)
        self.reload(self.corland)

    def offered(self, name, number):
        """The offer's row, once it is there and said."""
        line = self.said(self.arvenia, "rulebook.offered", about=f"{name} number {number} ")
        row = next(row for row in self.admin("list").json["offers"]
                   if (row["object"], row["number"]) == (name, number))
        self.assertEqual((line["peer"], row["peer"]), ("XC-GW-01", "XC-GW-01"))
        self.assertIn(row["digest"], line["text"])
        return row

    def in_use(self):
        return {row["object"]: row["number"] for row in self.admin("list").json["in_use"]}

    def test_a_new_law_is_offered_accepted_and_lets_go_what_waited(self):
        self.raised("law/vocabulary", "law", 2)
        row = self.offered("law", 2)
        self.assertEqual(self.in_use()["law"], 1)
        message = self.demo.accepted(demo.plain("ROLL-OUT"))
        demo.until(lambda: [line for line in self.corland.events()
                            if line.get("reason") == "law.other"], "it is put off")
        self.assertEqual(self.demo.stage(message), "accepted")
        before = dict(demo.folder_octets(self.arvenia.rulebook))

        done = self.admin("accept", "law", "2", "--dry-run")
        self.assertEqual(done.code, 0, done)
        self.assertEqual((done.json["changed"], done.json["added"], done.json["removed"]),
                         (["law/vocabulary", *self.law_signatures()], [], []))
        self.assertEqual(dict(demo.folder_octets(self.arvenia.rulebook)), before)

        self.drafts_are_not_taken_along(before)
        done = self.admin("accept", "law", "2", row["digest"][:8])
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.in_use()["law"], 2)
        self.assertEqual([row for row in self.admin("list").json["offers"]
                          if row["object"] == "law"], [])
        self.assertEqual(dict(demo.folder_octets(f"{self.arvenia.rulebook}.before")),
                         {path.replace("/rulebook/", "/rulebook.before/"): text
                          for path, text in before.items()})
        laws = [self.demo.comity("admin", "status", "--config", gateway.config).json["law"]
                for gateway in self.demo.gateways]
        self.assertEqual(laws[0], laws[1])
        modes = [os.stat(self.arvenia.rulebook + more) for more in ("", ".before")]
        self.assertEqual(*[(mode.st_mode, mode.st_uid, mode.st_gid) for mode in modes])
        demo.until(lambda: [row["id"] for row in self.demo.inbox()] == [message],
                   "what waited arrives", BACK_S)

    def law_signatures(self):
        """Those of Corland's rulebook: Arvenia's lie under the same names."""
        folder = f"{self.corland.rulebook}/signatures/law"
        return sorted(f"signatures/law/{name}" for name in os.listdir(folder))

    def drafts_are_not_taken_along(self, before):
        states = f"{self.arvenia.rulebook}/states/demo"
        texts.change(states, "states number", "# a draft\nstates number")
        for words in ([], ["--dry-run"]):
            self.assert_fails(self.admin("accept", "law", "2", *words), 6, "E_CONFLICT")
        texts.change(states, "# a draft\nstates number", "states number")
        self.assertEqual(dict(demo.folder_octets(self.arvenia.rulebook)), before)

    def test_an_offer_that_does_not_fit_is_refused_until_what_it_needs_is_accepted(self):
        """A party of Corland's moves to a gateway that Arvenia does not know yet."""
        states = demo.read(f"{self.corland.rulebook}/states/demo").decode()
        row = re.search(r"(?m)^  gateway XC-GW-01\n(?:    .*\n)*", states).group()
        since = len(self.arvenia.said())
        texts.change(f"{self.corland.rulebook}/parties/XC/demo", "parties XC number 1\n",
               "parties XC number 2\n  party XC-NEW-01 \"New\" home XC-GW-02 "
               "from 2026-01-01 until 2036-01-01\n")
        self.raised("states/demo", "states", 2,
                    (row, row + row.replace("GW-01", "GW-02").replace("xc-gw-01", "xc-gw-02")),
                    also=("parties:XC",))
        line = self.said(self.arvenia, "rulebook.unfit", since, "parties:XC number 2 ")
        self.assertEqual(line["peer"], "XC-GW-01")
        self.assertIn("parties/XC/demo:", line["text"])
        self.offered("states", 2)
        self.assertEqual([row["object"] for row in self.admin("list").json["offers"]
                          if row["object"] == "parties:XC"], [])
        self.assert_fails(self.admin("accept", "parties:XC", "2"), 5, "E_UNKNOWN")
        self.assertEqual(self.admin("accept", "states", "2").code, 0)
        self.offered("parties:XC", 2)
        self.assertEqual(self.admin("accept", "parties:XC", "2").code, 0)
        self.assertEqual((self.in_use()["states"], self.in_use()["parties:XC"]), (2, 2))

    def test_what_the_gateway_refuses_is_put_back(self):
        """Its own log is no longer in it: a rulebook, but not for this gateway."""
        text = demo.read(f"{self.corland.rulebook}/states/demo").decode()
        number = int(re.search(r"states number (\d+)\n", text).group(1)) + 1
        origin = "xa-gw-01.comity.example/audit/demo"
        line = next(line for line in text.splitlines() if f'log "{origin}"' in line)
        self.raised("states/demo", "states", number, (line, line.replace("demo", "other")))
        row = self.offered("states", number)
        before = dict(demo.folder_octets(self.arvenia.rulebook))
        done = self.refused(number)
        self.assertIn(f"the directory lists no log {origin} of XA-GW-01", done.error["message"])
        self.assertEqual(dict(demo.folder_octets(self.arvenia.rulebook)), before)
        self.assertEqual(glob.glob(f"{self.arvenia.rulebook}.unfinished"), [])
        self.assertLess(self.in_use()["states"], number)
        self.assertEqual(self.reload(self.arvenia), "nothing has changed")
        self.so_does_who_was_killed_before_the_reload(row, before)

    def refused(self, number):
        done = self.admin("accept", "states", str(number))
        self.assert_fails(done, 2, "CONFIG")
        return done

    def so_does_who_was_killed_before_the_reload(self, row, before):
        """What lies there is put back only where it is what the gateway has in use."""
        rulebook = self.arvenia.rulebook
        shutil.copytree(rulebook, f"{rulebook}.before")
        self.put(row)
        self.refused(row["number"])
        self.assertEqual(dict(demo.folder_octets(rulebook)), before)

        shutil.copytree(rulebook, f"{rulebook}.before")
        texts.change(f"{rulebook}.before/states/demo", "states number", "# states number")
        self.put(row)
        there = dict(demo.folder_octets(rulebook))
        self.assertIn("held it already", self.refused(row["number"]).error["hint"])
        self.assertEqual(dict(demo.folder_octets(rulebook)), there)

    def put(self, row):
        """The offer's files into the folder, by hand."""
        for name, place in (("files", "states"), ("signatures", "signatures/states")):
            folder = f"{self.arvenia.rulebook}/{place}"
            shutil.rmtree(folder)
            shutil.copytree(f"{row['folder']}/{name}", folder, copy_function=shutil.copyfile)


if __name__ == "__main__":
    demo.main()
