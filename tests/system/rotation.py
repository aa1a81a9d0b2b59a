"""SIGHUP: certificates, revocation lists, rulebook and limits change while links are open. Whoever
would be refused today is put off his link; whatever is wrong leaves all as it was, and is said."""

import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import demo
import link

CERTS = os.path.join(demo.SOURCE, "certs")
SWEEP_S = 5
TLS = "XC/parties/XC-CA-01/tls.crt"
GATEWAY = "XA/gateways/XA-GW-01/tls.crt"
RELOADS = 200 if demo.LONG else 50


class RotationTest(demo.DemoTest):
    def certs(self, script, *words):
        subprocess.run([os.path.join(CERTS, script), "--dir", self.demo.pki, *words], check=True,
                       capture_output=True)

    def lines(self, since=0):
        """The diagnostics that were said, from an offset on."""
        said = self.demo.said()[since:]
        return [json.loads(line) for line in said.splitlines() if line.startswith("{")]

    def hang_up(self):
        """SIGHUP. The lines that say what came of it."""
        before = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGHUP)

        def decided():
            return [line for line in self.lines(before) if line["event"].startswith("reload.")]
        return demo.until(decided, "the reload is decided")

    def reload(self):
        """What a reload that works says it has changed."""
        lines = self.hang_up()
        self.assertEqual([line["event"] for line in lines], ["reload.done"], lines)
        return lines[0]["text"]

    def refused(self):
        """Every problem of a reload that does not work."""
        self.hang_up()
        before = len(self.demo.said())
        self.hang_up()  # the second one ends the first one's lines
        lines = self.lines(before)
        events = [line for line in lines if line["event"].startswith("reload.")]
        self.assertEqual({(line["event"], line["level"]) for line in events},
                         {("reload.refused", "alarm")}, lines)
        return "\n".join(line["text"] for line in events)

    def alarm(self, event, about, since=0):
        def raised():
            return [line for line in self.lines(since)
                    if line["event"] == event and about in line["text"]]
        return demo.until(raised, f"{event} about {about}")[0]

    def assert_welcome(self, party, welcome=True):
        """New links of this party are welcome, or refused, as soon as the workers know."""
        demo.until(lambda: self.is_open(party) == welcome, f"{party} welcome: {welcome}", SWEEP_S)

    def is_open(self, party):
        try:
            with link.Link(self.demo, party, greet=False) as new:
                new.greet(party)
                new.end()
            return True
        except (link.Closed, ConnectionError, ssl.SSLError):
            return False

    def opened(self, party):
        """A link that is closed when the test is over."""
        new = link.Link(self.demo, party)
        self.addCleanup(new.socket.close)
        return new

    def assert_answers(self, opened):
        self.assertEqual(opened.ask(link.INBOX, None, 1, None)[0], link.ANSWER)

    def put_off(self, opened):
        """Waits until the gateway ends this link. The code of its BYE and how long it took."""
        start = time.monotonic()
        opened.socket.settimeout(3 * SWEEP_S)
        code = opened.until_closed()
        return code, time.monotonic() - start

    def resuming(self):
        """The TLS of a client that would use a session again."""
        certificate = f"{self.demo.pki}/{TLS}"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(f"{self.demo.pki}/XA/ca.crt")
        context.load_cert_chain(certificate, certificate.replace(".crt", ".key"))
        context.set_alpn_protocols([link.ALPN])
        return context

    def wrapped(self, context, session=None):
        host, port = self.demo.gateway["address"].rsplit(":", 1)
        plain = socket.create_connection((host, int(port)), timeout=30)
        return context.wrap_socket(plain, session=session)


class Revoked(RotationTest):
    def test_a_revoked_party_is_put_off_its_link_and_gets_nothing_more(self):
        """A message waits for it, a ticket would be its way back: neither helps."""
        context = self.resuming()
        with self.wrapped(context) as first:
            first.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                first.recv(1)  # what TLS itself would send after the handshake has come
            session = first.session
            self.assertFalse(session is not None and session.has_ticket)

        opened, other = self.opened("XC-CA-01"), self.opened("XA-CA-01")
        message = self.demo.accepted(demo.a3())
        before = self.demo.settled_size()
        self.certs("revoke-demo-certificate", TLS)
        self.assertEqual(self.reload(), "revocation lists XA 1, XC 2")
        opened.send(link.CREDIT, 0, 16)  # comes too late
        code, seconds = self.put_off(opened)
        self.assertEqual(code, "E_SIG")
        self.assertLess(seconds, SWEEP_S)
        self.assertNotIn(link.DELIVER, [link.octets.unpack(f)[0] for f in opened.frames])
        self.demo.log_grown_to(before + 1)
        ended = [line for line in self.lines() if line.get("reason") == "peer.revoked"]
        self.assertEqual([line["peer"] for line in ended], ["XC-CA-01"], self.lines())

        self.assert_welcome("XC-CA-01", False)
        if session is not None:
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                with self.wrapped(context, session) as again:
                    self.assertFalse(again.session_reused)
                    again.sendall(b"\0")
                    if not again.recv(1):
                        raise ConnectionError("closed")
        self.assert_answers(other)

        self.certs("renew-demo-certificate", TLS)
        self.assertEqual([row["id"] for row in self.demo.inbox()], [message])


class Lists(RotationTest):
    def crl(self):
        return f"{self.demo.pki}/XC/crl.pem"

    def made(self, *words):
        """The next list of XC in the place of the one in use; its octets."""
        self.certs("make-demo-crl", *words, "XC")
        return demo.read(self.crl())

    def put(self, octets):
        with open(self.crl(), "wb") as file:
            file.write(octets)

    def number_in_use(self):
        """Of the list of XC, after a reload."""
        return int(self.reload().rsplit(" XC ", 1)[1])

    def test_of_two_lists_of_one_second_the_newest_counts(self):
        older = self.made()
        self.certs("revoke-demo-certificate", TLS)
        newer = self.number_in_use()
        self.assert_welcome("XC-CA-01", False)
        self.put(older)
        self.assertIn("revocation list of XC: its crlNumber is not above", self.refused())
        self.assert_welcome("XC-CA-01", False)
        self.assert_welcome("XA-CA-01")
        self.certs("renew-demo-certificate", TLS)
        self.made()
        self.assertEqual(self.number_in_use(), newer + 1)
        self.assert_welcome("XC-CA-01")

    def test_a_list_that_has_ended_is_used_for_its_grace_and_loudly(self):
        since = len(self.demo.said())
        self.made("--until", "2 hours ago")
        self.reload()
        self.assertEqual(self.alarm("alarm.revocations_expired", " of XC ", since)["level"],
                         "alarm")
        opened, other = self.opened("XC-CA-01"), self.opened("XA-CA-01")

        since = len(self.demo.said())
        self.made("--until", "25 hours ago")  # the grace is 24 hours unless told
        self.reload()
        self.alarm("alarm.revocations_expired", "not used any more", since)
        code, seconds = self.put_off(opened)
        self.assertEqual(code, "E_SIG")
        self.assertLess(seconds, SWEEP_S)
        self.assert_welcome("XC-CA-01", False)
        self.assert_welcome("XA-CA-01")
        self.assert_answers(other)

        since = len(self.demo.said())
        self.made("--until", "2 days")
        self.reload()
        self.alarm("alarm.over", "alarm.revocations_expired XC", since)
        self.alarm("alarm.revocations_expire", " of XC ", since)
        self.assert_welcome("XC-CA-01")
        self.made()
        self.reload()

    def test_the_grace_is_what_the_configuration_says(self):
        before = demo.read(self.demo.config)
        for grace, welcome in (("1h", False), ("3h", True), ("0", False)):
            with open(self.demo.config, "wb") as file:
                file.write(before + f"revocation_grace: {grace}\n".encode())
            self.made("--until", "2 hours ago")
            self.assertIn("revocation_grace", self.reload())
            self.assert_welcome("XC-CA-01", welcome)
        with open(self.demo.config, "wb") as file:
            file.write(before)
        self.made()
        self.reload()
        self.assert_welcome("XC-CA-01")


class Renewed(RotationTest):
    def server(self, opened):
        return opened.socket.getpeercert(binary_form=True)

    def until_new(self, holds):
        """Until new links are as they should be: the workers take the new state a moment after it
        is said to be there."""
        def looked():
            with link.Link(self.demo, "XA-CA-01") as new:
                held = holds(new)
                new.end()
            return held
        demo.until(looked, "a new link under the new state", SWEEP_S)

    def test_the_configuration_in_use_can_be_checked_and_says_what_ends_when(self):
        with link.Link(self.demo, "XC-CA-01") as opened:
            done = self.demo.comityd(self.demo.config, "--check-config")
            self.assertEqual((done.code, done.err), (0, ""), done)
            end = r"until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
            lines = done.out.splitlines()
            for line, begin in zip(lines, ("certificate of XA-GW-01: ", "CA of XA: ",
                                           r"revocation list of XA, number \d+: ", "CA of XC: ",
                                           r"revocation list of XC, number \d+: ")):
                self.assertRegex(line, f"^{begin}{end}$")
            self.assertEqual(lines[5:], [f"{self.demo.config}: good"])
            self.assert_answers(opened)
            opened.end()

    def test_a_renewed_certificate_is_shown_to_new_links_and_drops_none(self):
        with link.Link(self.demo, "XC-CA-01") as opened:
            before = self.server(opened)
            self.certs("renew-demo-certificate", "--days", "3", GATEWAY)
            self.assertRegex(self.reload(), r"^certificate until 20\d\d-\S+Z$")
            self.until_new(lambda new: self.server(new) != before)
            self.assert_answers(opened)
            self.assertEqual(self.server(opened), before)
            opened.end()
        self.assertEqual(self.reload(), "nothing has changed")

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_what_no_reload_could_read_is_said_at_the_start(self):
        key = f"{self.demo.pki}/{GATEWAY}".replace(".crt", ".key")
        owner = os.stat(key)
        os.chown(key, 0, 0)
        self.demo.end()
        since = len(self.demo.said())
        self.demo.start()
        said = self.alarm("reload.impossible", "tls.key may not be read by nobody", since)
        self.assertEqual(said["level"], "warning")
        os.chown(key, owner.st_uid, owner.st_gid)
        self.assertEqual(self.reload(), "nothing has changed")

    def test_another_rulebook_is_entered_and_then_greeted_with(self):
        with link.Link(self.demo, "XC-CA-01") as old:
            before, size = old.welcome, self.demo.settled_size()
            with open(f"{self.demo.dir}/rulebook/law/rules/general", "a", encoding="utf-8") as law:
                law.write("\n# One more remark.\n")
            self.assertRegex(self.reload(), r"^rulebook [0-9a-f]{64}$")
            self.demo.log_grown_to(size + 1)
            self.until_new(lambda new: new.welcome[7] != before[7])
            self.assert_answers(old)
            old.end()
        message = self.demo.accepted(demo.a3())
        self.assertIs(self.demo.show(message).json["verified"]["receipt"], True)

    def test_new_limits_hold_from_now_on(self):
        before = demo.read(self.demo.config)
        with open(self.demo.config, "ab") as file:
            file.write(b"  links_per_party: 1\n")  # the section limits is the last one
        self.assertEqual(self.reload(), "limits.links_per_party 1")
        with open(self.demo.config, "wb") as file:
            file.write(before)
        self.assertEqual(self.reload(), "limits.links_per_party 128")


class Refused(RotationTest):
    """One link stays open, and new ones come in as before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.witness = link.Link(cls.demo, "XC-CA-01")
        cls.addClassCleanup(cls.witness.socket.close)

    def assert_refused(self, path, change, *sentences):
        """The change of a file, or of its rights, is refused, and nothing has changed."""
        aside = f"{os.path.dirname(self.demo.dir)}/aside"  # no folder of files that are read
        shutil.copy2(path, aside)
        owner = os.stat(path)
        os.chown(aside, owner.st_uid, owner.st_gid)
        shown = self.witness.socket.getpeercert(binary_form=True)
        size = self.demo.settled_size()
        try:
            change(path)
            said = self.refused()
            for sentence in sentences:
                self.assertIn(sentence, said)
            self.assert_answers(self.witness)
            with link.Link(self.demo, "XA-CA-01") as new:
                self.assertEqual(new.welcome[7], self.witness.welcome[7])
                self.assertEqual(new.socket.getpeercert(binary_form=True), shown)
                new.end()
        finally:
            shutil.move(aside, path)
        self.assertEqual(self.reload(), "nothing has changed")
        self.assertEqual(self.demo.settled_size(), size)

    @staticmethod
    def with_text(text):
        def change(path):
            with open(path, "a", encoding="utf-8") as file:
                file.write(text)
        return change

    @staticmethod
    def replaced(old, new):
        def change(path):
            text = demo.read(path).decode()
            assert old in text, text
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new, 1))
        return change

    def gateway(self, name):
        return f"{self.demo.pki}/XA/gateways/XA-GW-01/{name}"

    def test_a_broken_configuration_is_refused(self):
        self.assert_refused(self.demo.config, self.with_text("colour: blue\n"), "colour")

    def test_a_missing_configuration_is_refused(self):
        self.assert_refused(self.demo.config, os.unlink, self.demo.config)

    def test_what_needs_a_restart_is_named_all_of_it(self):
        def change(path):
            self.replaced("listen: ['127.0.0.1:", "listen: ['127.0.0.2:")(path)
            self.with_text("  queue: 4MiB\nworkers: 64\n")(path)
        self.assert_refused(self.demo.config, change,
                            "listen: cannot change without a restart",
                            "workers: cannot change without a restart",
                            "limits.queue: cannot change without a restart")

    def test_a_broken_rulebook_is_refused(self):
        path = f"{self.demo.dir}/rulebook/law/rules/general"
        self.assert_refused(path, self.with_text("\nthis is no rule\n"), "law/rules/general")

    def test_a_rulebook_without_our_log_is_refused(self):
        path = f"{self.demo.dir}/rulebook/states/demo"
        mine, other = "xa-gw-01.comity.example/audit/demo", "xa-gw-01.comity.example/audit/other"

        def vkey(origin, key):
            key = b"\1" + key
            mark = hashlib.sha256(f"{origin}\n".encode() + key).digest()[:4]
            return f"{origin}+{mark.hex()}+{base64.b64encode(key).decode()}"
        key = base64.b64decode(demo.read(self.gateway("log.pub")))
        line = f'"{mine}" key "{vkey(mine, key)}"'
        self.assert_refused(path, self.replaced(line, f'"{other}" key "{vkey(other, key)}"'),
                            "log.origin: the directory lists no log " + mine)
        self.assert_refused(path, self.replaced(line, f'"{mine}" key "{vkey(mine, bytes(32))}"'),
                            "is not the key that the directory lists")

    def test_a_key_of_another_certificate_is_refused(self):
        def change(path):
            other = demo.read(f"{self.demo.pki}/XA/parties/XA-CA-01/tls.key")
            with open(path, "wb") as file:
                file.write(other)
        self.assert_refused(self.gateway("tls.key"), change, "not the key of")

    def test_the_certificate_of_another_gateway_is_refused(self):
        def change(path):
            self.replaced(self.gateway("tls.crt"), f"{self.demo.pki}/{TLS}")(path)
            self.replaced(self.gateway("tls.key"), own)(path)
        own = f"{os.path.dirname(self.demo.dir)}/party.key"
        shutil.copyfile(f"{self.demo.pki}/XC/parties/XC-CA-01/tls.key", own)
        shutil.copystat(self.gateway("tls.key"), own)
        owner = os.stat(self.gateway("tls.key"))
        os.chown(own, owner.st_uid, owner.st_gid)
        self.assert_refused(self.demo.config, change, "is the certificate of XC-CA-01")

    def test_a_missing_revocation_list_is_refused(self):
        self.assert_refused(f"{self.demo.pki}/XC/crl.pem", os.unlink, "crl.pem: cannot be read")

    @demo.unittest.skipUnless(os.geteuid() == 0, "only root can become somebody else")
    def test_files_that_only_root_may_read_are_named(self):
        def change(path):
            os.chown(path, 0, 0)
        self.assert_refused(self.gateway("tls.key"), change, "tls.key may not be read by nobody")


class Often(RotationTest):
    def test_reloads_beside_handshakes_cut_nobody_off_and_keep_nothing(self):
        self.demo.end()
        self.demo.start()
        failures, done = [], threading.Event()
        handshakes = [0]

        def shake_hands():
            while not done.is_set():
                try:
                    with link.Link(self.demo, "XA-CA-01") as new:
                        self.assert_answers(new)
                        new.end()
                    handshakes[0] += 1
                except Exception as why:  # pylint: disable=broad-except
                    failures.append(repr(why))
                    return

        with link.Link(self.demo, "XC-CA-01") as opened:
            threads = [threading.Thread(target=shake_hands) for _ in range(3)]
            for thread in threads:
                thread.start()
            try:
                for i in range(RELOADS):
                    if i % 10 == 0:
                        self.certs("make-demo-crl", "XC")
                    self.reload()
                    self.assert_answers(opened)
                    if i == RELOADS // 5:
                        early = self.memory()
                late = self.memory()
                for _ in range(RELOADS):  # faster than they can be followed
                    os.kill(self.demo.pid, signal.SIGHUP)
                self.assert_answers(opened)
            finally:
                done.set()
                for thread in threads:
                    thread.join()
            opened.end()
        self.assertEqual(failures, [])
        self.assertGreater(handshakes[0], RELOADS // 5)
        self.assertLess(late - early, 8192 if demo.SANITIZED else 3072, (early, late))
        self.assertEqual(self.demo.end(), 0, self.demo.said()[-2000:])
        self.demo.start()

    def memory(self):
        """In KiB."""
        for line in demo.read(f"/proc/{self.demo.pid}/status").decode().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")


class Orders(RotationTest):
    def test_the_order_to_stop_comes_before_a_reload(self):
        """Both wait; the kernel would give the reload first, and so each of a storm of them."""
        self.demo.end()
        self.demo.start()
        before = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGSTOP)
        demo.until(lambda: b") T " in demo.read(f"/proc/{self.demo.pid}/stat"), "it stands still")
        for order in (signal.SIGHUP, signal.SIGTERM, signal.SIGCONT):
            os.kill(self.demo.pid, order)
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), 0)
        self.assertNotIn("reload.", self.demo.said()[before:])
        self.demo.start()

    def test_a_configuration_that_an_editor_has_just_emptied_changes_nothing(self):
        text = demo.read(self.demo.config)
        with open(self.demo.config, "wb"):
            pass
        self.assertIn("it is empty", self.refused())
        with open(self.demo.config, "wb") as file:
            file.write(text)
        self.assertEqual(self.reload(), "nothing has changed")


if __name__ == "__main__":
    demo.main()
