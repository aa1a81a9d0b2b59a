"""comity-witness of Arvenia's ministry, asked by real gateways' certificates about real gateways'
logs: what grows is cosigned, what contradicts itself is kept as evidence, and what was cosigned is
remembered."""

import base64
import contextlib
import hashlib
import http.client
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

import certificates
import contexts
import demo
import forge
import ministry
import shadow
import texts
from ministry import request, verify

SIZE_TYPE = "text/x.tlog.size"
DAYS = "from 2026-01-01 until 2099-12-31"


class WitnessTest(demo.DemoTest):
    """Two States' gateways with entries in their logs, and a new witness for each test."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        d = cls.demo
        cls.issued = certificates.Certificates(d)
        subprocess.run([os.path.join(demo.SOURCE, "certs", "make-demo-pki"), "--dir", d.pki,
                        "--witness", "XA-MIN-01"], check=True)
        cls.pair = tuple(f"{d.pki}/XA/parties/XA-MIN-01/witness.{end}" for end in ("crt", "key"))
        cls.client = cls.issued.issue("client", certificates.uri("XA-MIN-01"))
        for number in range(8):
            cls.send(f"W-{number}")
        cls.corland = shadow.log_of(d, d.at("XC"))

    @classmethod
    def send(cls, name):
        """A message, and its entries in the published log."""
        cls.demo.accepted(demo.plain(name))
        cls.demo.settled_size(party="XA-CA-01")

    def setUp(self):
        self.witness = ministry.Witness(self.demo, self.pair).start()
        self.addCleanup(self.end_witness)
        self.log = shadow.log_of(self.demo, self.demo)
        self.assertGreaterEqual(self.log.size, 8)

    def end_witness(self):
        self.witness.end()
        self.assertNotIn("Sanitizer", self.witness.said())
        self.assertNotIn("runtime error", self.witness.said())

    def assert_cosigned(self, answer, log, size=None):
        """When; the line is over exactly this checkpoint."""
        self.assertEqual(answer[0], 200, answer)
        self.assertEqual(answer[2].count("\n"), 1, answer)
        return verify(self.witness.vkey, log.note(size) + answer[2])

    def assert_kept(self, log, size=None):
        status, kind, text = self.witness.kept(log.origin)
        self.assertEqual((status, kind), (200, "text/plain; charset=utf-8"), text)
        self.assertTrue(text.startswith(log.note(size)), text)
        return verify(self.witness.vkey, text)

    def assert_size(self, answer, size):
        self.assertEqual(answer, (409, SIZE_TYPE, f"{size}\n"))

    def forked(self, leaf):
        """Another history from this entry on, by the same key."""
        other = forge.Log(self.log.origin, self.log.key, self.log.entries[:leaf])
        other.fill(self.log.size)
        return other


class Growth(WitnessTest):
    def test_a_gateways_log_is_cosigned_as_it_grows(self):
        before = int(time.time())
        published_note = demo.read(f"{self.demo.log}/checkpoint").decode()
        self.assertEqual(published_note.split("\n\n")[0], self.log.note().split("\n\n")[0])
        answer = self.witness.submit(f"old 0\n\n{published_note}")
        self.assertGreaterEqual(self.assert_cosigned(answer, self.log), before)
        self.assert_kept(self.log)
        old = self.log.size
        self.send("MORE-1")
        grown = shadow.log_of(self.demo, self.demo)
        self.assertGreater(grown.size, old)
        self.assert_cosigned(self.witness.add(grown, old), grown)
        self.assert_kept(grown)
        self.assert_cosigned(self.witness.add(self.corland, 0, who="XC-GW-01"), self.corland)
        self.assert_kept(self.corland)

    def test_one_connection_does_for_many(self):
        connection = self.witness.connect("XA-GW-01")
        self.addCleanup(connection.close)
        for size in range(1, self.log.size + 1):
            answer = self.witness.add(self.log, size - 1, size, connection=connection)
            self.assert_cosigned(answer, self.log, size)

    def test_the_same_again_is_a_heartbeat(self):
        first = self.assert_cosigned(self.witness.add(self.log, 0), self.log)

        def later():
            return self.assert_cosigned(self.witness.add(self.log, self.log.size), self.log) > first
        demo.until(later, "a later time")
        self.assertGreater(self.assert_kept(self.log), first)

    def test_another_old_size_is_told_the_right_one(self):
        self.assert_size(self.witness.add(self.log, 2), 0)
        self.assert_cosigned(self.witness.add(self.log, 0, 3), self.log, 3)
        self.assert_size(self.witness.add(self.log, 2), 3)
        self.assert_size(self.witness.add(self.log, 0), 3)
        self.assert_cosigned(self.witness.add(self.log, 3), self.log)

    def test_the_published_log_holds_with_the_cosignature(self):
        """By the command that verifies logs, and a directory that lists the witness."""
        self.send("MORE-2")
        log = shadow.log_of(self.demo, self.demo)
        path, = demo.files_below(f"{self.witness.rulebook}/states")
        text = re.sub(rf'(log "{re.escape(log.origin)}" .* quorum) 0',
                      rf'\1 1 witness XA "{self.witness.vkey}"', demo.read(path).decode())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        contexts.change(self.demo, "witnessed", base="xa-ca-01", directory=self.witness.rulebook)
        copy = f"{self.witness.folder}/log"
        self.demo.copy_log(copy)
        line = self.witness.add(log, 0)[2]
        other = self.witness.add(log, 0, 3)[2]  # refused: there is no line
        for note, code in ((log.note() + line, 0), (log.note() + line[:-6] + "AAA=\n", 9),
                           (log.note() + other, 9)):
            with open(f"{copy}/checkpoint", "w", encoding="utf-8") as file:
                file.write(note)
            done = self.demo.comity("audit", "verify", "--log", copy, context="witnessed")
            self.assertEqual(done.code, code, done)


class Refusals(WitnessTest):
    def assert_refused(self, answer, status):
        self.assertEqual(answer[0], status, answer)
        self.assertTrue(answer[2].strip(), answer)

    def test_what_is_no_request_is_malformed(self):
        good = request(self.log, 0)
        for bad in ("", "\n", "old\n\n", good[:-1], good.replace("old 0", "old 00"),
                    good.replace("old 0\n", "old 0\nAAAA\n"), good + "x", "old 0\n" + good,
                    good.replace("old 0\n", "old 0\n" + f"{'A' * 43}=\n" * 64)):
            self.assert_refused(self.witness.submit(bad), 400)
        self.assert_refused(self.witness.add(self.log, self.log.size + 1), 400)
        self.assertEqual(self.witness.kept(self.log.origin)[0], 404)

    def test_a_log_that_nobody_lists_is_not_known(self):
        other = forge.Log("nobody.example/audit", self.log.key, self.log.entries)
        self.assert_refused(self.witness.add(other, 0), 404)

    def test_a_log_whose_row_is_not_in_force_is_not_known(self):
        path, = demo.files_below(f"{self.witness.rulebook}/states")
        good = demo.read(path).decode()
        row = rf'(log "{re.escape(self.log.origin)}" key "[^"]*" )from \S+ until \S+'
        for number, days in enumerate(("from 2020-01-01 until 2020-02-01",
                                       "from 2098-01-01 until 2099-01-01", DAYS), 1):
            changed, count = re.subn(row, rf"\1{days}", good)
            self.assertEqual(count, 1, good)
            with open(path, "w", encoding="utf-8") as file:
                file.write(changed)
            self.witness.process.send_signal(signal.SIGHUP)
            demo.until(lambda n=number: len(self.witness.events("reload.done")) == n, "a reload")
            if days != DAYS:
                self.assert_refused(self.witness.add(self.log, 0), 404)
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)

    def test_an_officer_is_not_the_party(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.assertEqual(self.witness.kept(self.log.origin, who="XA-CA-01")[0], 200)
        officer = self.issued.issue("officer", certificates.uri("XA-CA-01") + "/officer/2207")
        self.assertEqual(self.witness.kept(self.log.origin, who=officer)[0], 403)

    def test_a_checkpoint_that_the_log_has_not_signed_is_not_cosigned(self):
        other = forge.Log(self.log.origin, forge.Key.make(f"{self.witness.folder}/other.key"),
                          self.log.entries)
        self.assert_refused(self.witness.add(other, 0), 403)
        spoilt = request(self.log, 0).replace(f"\n{self.log.size}\n", f"\n{self.log.size + 1}\n")
        self.assert_refused(self.witness.submit(spoilt), 403)

    def test_gateways_alone_submit_and_each_its_own_log(self):
        for who in ("XA-CA-01", "XC-CA-01", "XC-GW-01"):
            self.assert_refused(self.witness.add(self.log, 0, who=who), 403)
        self.assert_refused(self.witness.submit("nonsense", "XA-CA-01"), 403)
        self.assert_refused(self.witness.add(self.corland, 0), 403)
        self.assertEqual(self.witness.kept(self.log.origin)[0], 404)
        self.assertEqual({line["peer"] for line in self.witness.events("checkpoint.refused")},
                         {"XA-CA-01", "XC-CA-01", "XC-GW-01", "XA-GW-01"})

    def test_other_methods_and_paths_are_none(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.assertEqual(self.witness.ask("GET", "/add-checkpoint")[0], 405)
        place = hashlib.sha256(self.log.origin.encode()).hexdigest()
        for path in ("/", f"/{place}", f"/{place}/", f"/{place}/checkpoint/", f"/{place}/state",
                     f"/{place.upper()}/checkpoint", f"/{place[1:]}/checkpoint", "/checkpoint"):
            self.assertEqual(self.witness.ask("GET", path)[0], 404, path)
        self.assertEqual(self.witness.ask("POST", f"/{place}/checkpoint", b"x")[0], 405)

    def test_who_has_no_certificate_of_a_state_or_is_not_listed_reads_nothing(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.assertEqual(self.witness.kept(self.log.origin, who=self.client)[0], 403)
        bad = tempfile.mkdtemp(dir=self.witness.folder)
        forge.Key.openssl("req", "-x509", *certificates.NEW_KEY, "-subj", "/CN=nobody", "-keyout",
                          f"{bad}/key", "-out", f"{bad}/crt", "-days", "2")
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            self.witness.kept(self.log.origin, who=(f"{bad}/crt", f"{bad}/key"))


class Forks(WitnessTest):
    def assert_evidence(self, kinds):
        rows, = self.witness.evidence(self.log.origin)
        self.assertEqual([row["kind"] for row in rows], kinds)
        for row in rows:
            verify(self.witness.vkey, row["cosigned"])
        return rows

    def test_another_root_of_the_same_size_is_refused_and_kept(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.assertEqual(self.witness.kept(self.log.origin, "evidence", "XA-GW-01")[0], 404)
        other = self.forked(2)
        for _ in range(2):
            self.assertEqual(self.witness.add(other, other.size)[0], 422)
        row, = self.assert_evidence(["root"])
        self.assertTrue(row["cosigned"].startswith(self.log.note()))
        self.assertEqual(row["shown"], other.note())
        alarm, again = self.witness.events("log.conflict")
        self.assertEqual(again["level"], "warning")
        self.assertEqual((alarm["level"], alarm["log"], alarm["peer"]),
                         ("alarm", self.log.origin, "XA-GW-01"))
        self.assert_kept(self.log)

    def test_a_larger_tree_of_another_history_is_refused_and_kept(self):
        self.assert_cosigned(self.witness.add(self.log, 0, 4), self.log, 4)
        other = self.forked(2)
        self.assertEqual(self.witness.add(other, 4)[0], 422)
        self.assert_evidence(["proof"])
        self.assert_kept(self.log, 4)
        self.assert_cosigned(self.witness.add(self.log, 4), self.log)

    def test_a_log_that_was_rolled_back_is_noticed(self):
        self.assert_cosigned(self.witness.add(self.log, 0, 3), self.log, 3)
        self.assert_cosigned(self.witness.add(self.log, 3), self.log)
        self.assert_size(self.witness.add(self.log, 2, 3), self.log.size)
        self.assertEqual(len(self.witness.events("log.behind")), 1)
        self.assertEqual(self.witness.events("log.conflict"), [])
        self.assert_size(self.witness.add(self.forked(1), 2, 3), self.log.size)
        self.assert_evidence(["root"])
        self.assert_size(self.witness.add(self.forked(1), 2, 4), self.log.size)
        self.assert_evidence(["root", "behind"])
        self.assertEqual([line["text"].endswith("both are kept")
                          for line in self.witness.events("log.behind")], [False, True])

    def padded(self, log, old, size):
        """A request with hashes, strange lines and repeats as far as there is room; the names are
        of what JSON writes twice as long."""
        note, blob = log.note(size), base64.b64encode(b"x" * 600).decode()
        lines = "".join(f"\u2014 {chr(34) * 128} {blob}\n" for _ in range(13))
        own = note.splitlines(keepends=True)[-1]
        return f"old {old}\n" + f"{'A' * 43}=\n" * 63 + f"\n{note}{own}{own}{lines}"

    def test_a_gateway_that_pads_what_it_shows_hides_no_evidence(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        size, shown = self.log.size, []
        with contextlib.closing(self.witness.connect("XA-GW-01")) as connection:
            for number in range(140):
                other = forge.Log(self.log.origin, self.log.key, self.log.entries[:number % 3])
                other.fill(size + number % 2 * number)
                status, _, text = self.witness.submit(self.padded(other, size, other.size),
                                                      connection=connection)
                self.assertEqual(status, 422, text)
                shown.append(other.note())
        pages = self.witness.evidence(self.log.origin)
        self.assertGreater(len(pages), 1)
        rows = [row for page in pages for row in page]
        self.assertLessEqual({row["shown"] for row in rows}, set(shown))
        self.assertEqual([row["number"] for row in rows], sorted({row["number"] for row in rows}))
        kinds = [row["kind"] for row in rows]
        self.assertEqual((kinds.count("root"), kinds.count("proof"), len(kinds)), (64, 64, 128))
        for bad in ("from=", "from=x", "from=-1", "from=01", "to=1", "from=1&"):
            answer = self.witness.kept(self.log.origin, f"evidence?{bad}", "XC-GW-01")
            self.assertEqual(answer[0], 400, bad)
        behind = f"evidence?from={rows[-1]['number'] + 1}"
        self.assertEqual(self.witness.kept(self.log.origin, behind, "XC-GW-01")[0], 404)

    def test_what_is_signed_beyond_the_end_of_a_log_is_refused_and_kept(self):
        self.assert_cosigned(self.witness.add(self.log, 0, 3), self.log, 3)
        path, = demo.files_below(f"{self.witness.rulebook}/states")
        end = f'closed at 5 root "{self.log.note(5).splitlines()[2]}"'
        texts.change_where(path, rf'(log "{re.escape(self.log.origin)}" key "[^"]*" )from .* quorum 0',
                           lambda row: f"{row[1]}from 2020-01-01 until 2020-02-01 quorum 0 {end}")
        self.witness.process.send_signal(signal.SIGHUP)
        demo.until(lambda: self.witness.events("reload.done"), "it is reloaded")
        for _ in range(2):
            status, _, text = self.witness.add(self.log, 3, 6)
            self.assertEqual((status, text.strip()), (422, "the directory says that the log ended "
                                                           "before, or with another root"))
        self.assertEqual(self.witness.add(self.forked(4), 3, 5)[0], 422)
        self.assert_cosigned(self.witness.add(self.log, 3, 5), self.log, 5)
        rows, = self.witness.evidence(self.log.origin)
        self.assertEqual([(row["kind"], row["closed"]) for row in rows], [("closed", end)] * 2)
        self.assertEqual(rows[0]["shown"], self.log.note(6))
        self.assertEqual([line["level"] for line in self.witness.events("log.conflict")],
                         ["alarm", "warning", "alarm"])

    def test_evidence_is_for_oversight_and_gateways(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.witness.add(self.forked(2), self.log.size)
        self.assertEqual(self.witness.kept(self.log.origin, "evidence", "XA-CA-01")[0], 403)
        self.assertEqual(self.witness.kept(self.log.origin, "evidence", self.client)[0], 403)
        list_ministry(self.witness.rulebook)
        self.witness.process.send_signal(signal.SIGHUP)
        demo.until(lambda: self.witness.events("reload.done"), "it is reloaded")
        answer = self.witness.kept(self.log.origin, "evidence", self.client)
        self.assertEqual(answer[0], 200, answer)


def list_ministry(rulebook):
    """The ministry among the parties."""
    for path in demo.files_below(f"{rulebook}/parties/XA"):
        with open(path, "a", encoding="utf-8") as file:
            file.write(f'  party XA-MIN-01 "Ministry of Justice" home XA-GW-01 {DAYS}\n')


class Life(WitnessTest):
    def test_it_remembers_when_it_starts_again(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.assertEqual(self.witness.end(), 0)
        self.witness.start()
        self.assert_kept(self.log)
        self.assert_size(self.witness.add(self.log, 0), self.log.size)
        self.assert_cosigned(self.witness.add(self.log, self.log.size), self.log)

    def test_what_was_answered_outlives_a_kill(self):
        size = 0
        for _ in range(3):
            with contextlib.closing(self.witness.connect("XA-GW-01")) as connection:
                for _ in range(2):
                    size += 1
                    answer = self.witness.add(self.log, size - 1, size, connection=connection)
                    self.assert_cosigned(answer, self.log, size)
                self.assertEqual(self.witness.end(signal.SIGKILL), -signal.SIGKILL)
            self.witness.start()
            self.assert_kept(self.log, size)

    def refused(self, code, why, **other):
        done = demo.run(*self.witness.command(**other))
        self.assertEqual(done.code, code, done)
        self.assertIn(why, done.err)

    def test_without_its_state_it_does_not_start(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        self.refused(78, "another process holds this state")
        self.witness.end()
        os.rename(self.witness.state, self.witness.state + ".aside")
        self.refused(78, "the state of this key is lost")
        self.refused(78, "the state of this key is lost", state=f"{self.witness.folder}/new.db")
        self.assertFalse(os.path.exists(f"{self.witness.folder}/new.db"))
        os.rename(self.witness.state + ".aside", self.witness.state)
        self.refused(78, "this is the state of another key", name="another.example/witness")
        os.rename(self.witness.key + ".state", self.witness.key + ".aside")
        self.refused(78, "nobody knows whether the key has cosigned")
        os.rename(self.witness.key + ".aside", self.witness.key + ".state")
        self.witness.start()
        self.assert_kept(self.log)

    def test_what_is_wrong_at_the_start_is_said(self):
        self.witness.end()
        self.refused(2, "--name NAME is missing", name=None)
        self.refused(2, "--listen ADDRESS is missing", listen=None)
        self.refused(78, "not the key of", tls_key=self.client[1])
        self.refused(78, "is not the certificate of a party",
                     certificate=f"{self.demo.pki}/XA/gateways/XA-GW-01/tls.crt",
                     tls_key=f"{self.demo.pki}/XA/gateways/XA-GW-01/tls.key")
        self.refused(78, "no CA is configured", authorities=self.witness.folder)
        self.refused(78, "cannot be read", rulebook=f"{self.witness.folder}/none")
        self.refused(78, "another.example", listen="another.example")
        key = ("--key", self.witness.key, "--name", ministry.NAME)
        made = demo.run(ministry.PROGRAM, "--make-key", *key)
        self.assertEqual(made.code, 78, made)
        self.assertIn("is there already", made.err)
        printed = demo.run(ministry.PROGRAM, "--print-key", *key)
        self.assertEqual((printed.code, printed.out), (0, f"{self.witness.vkey}\n"))

    def test_a_reload_takes_what_is_good_and_nothing_else(self):
        self.assert_cosigned(self.witness.add(self.log, 0, 3), self.log, 3)
        path, = demo.files_below(f"{self.witness.rulebook}/states")
        good = demo.read(path).decode()
        self.reload_with(path, good + "  nonsense\n", "reload.refused")
        self.assert_cosigned(self.witness.add(self.log, 3, 4), self.log, 4)
        self.reload_with(path, good.replace(self.log.origin, "xa-gw-01.example/audit/other"),
                         "reload.done")
        self.assertEqual(self.witness.add(self.log, 4)[0], 404)
        self.assert_kept(self.log, 4)  # what was cosigned stays
        self.reload_with(path, good, "reload.done")
        self.assert_cosigned(self.witness.add(self.log, 4), self.log)

    def test_who_is_revoked_is_cut_off_by_the_next_reload(self):
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        pair = self.issued.issue("revoked", certificates.uri("XA-CA-01"))
        place = f"/{hashlib.sha256(self.log.origin.encode()).hexdigest()}/checkpoint"
        with contextlib.closing(self.witness.connect_as(*pair)) as connection:
            self.assertEqual(self.witness.ask("GET", place, connection=connection)[0], 200)
            self.issued.revoke("XA/" + os.path.relpath(pair[0], f"{self.demo.pki}/XA"))
            self.assertEqual(self.witness.ask("GET", place, connection=connection)[0], 200)
            self.witness.process.send_signal(signal.SIGHUP)
            demo.until(lambda: self.witness.events("reload.done"), "it is reloaded")
            connection.auto_open = False
            for who in ({"connection": connection}, {"who": pair}):
                with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
                    self.witness.ask("GET", place, **who)
        self.assertEqual(self.witness.ask("GET", place, who="XA-CA-01")[0], 200)

    def test_a_renewed_certificate_is_shown_after_a_reload(self):
        def shown():
            with contextlib.closing(self.witness.connect("XA-GW-01")) as connection:
                connection.connect()
                return connection.sock.getpeercert(binary_form=True)
        before = shown()
        renew = os.path.join(demo.SOURCE, "certs", "renew-demo-certificate")
        subprocess.run([renew, "--dir", self.demo.pki, "XA/parties/XA-MIN-01/witness.crt"],
                       check=True, capture_output=True)
        self.assertEqual(shown(), before)
        self.witness.process.send_signal(signal.SIGHUP)
        demo.until(lambda: self.witness.events("reload.done"), "it is reloaded")
        self.assertNotEqual(shown(), before)
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)

    def reload_with(self, path, text, event):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        before = len(self.witness.events(event))
        self.witness.process.send_signal(signal.SIGHUP)
        demo.until(lambda: len(self.witness.events(event)) > before, event)

    def test_a_state_without_a_ca_is_left_out_and_said(self):
        self.witness.end()
        own = f"{self.witness.folder}/authorities"
        shutil.copytree(f"{self.demo.pki}/XA", f"{own}/XA",
                        ignore=shutil.ignore_patterns("gateways", "parties", "*.key"))
        self.witness.command = lambda whole=self.witness.command: whole(authorities=own)
        self.witness.start()
        self.assertIn("XC", self.witness.events("authorities.missing")[0]["text"])
        self.assert_cosigned(self.witness.add(self.log, 0), self.log)
        with self.assertRaises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
            self.witness.add(self.corland, 0, who="XC-GW-01")


if __name__ == "__main__":
    demo.main()
