"""SIGHUP: certificates, revocation lists, rulebook and limits change while links are open. Whoever
would be refused today is put off his link."""

import os
import socket
import ssl
import time

import demo
import link
import reload

SWEEP_S = 5
TLS = "XC/parties/XC-CA-01/tls.crt"
GATEWAY = "XA/gateways/XA-GW-01/tls.crt"


class RotationTest(reload.ReloadTest):
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

    def put_off(self, opened):
        """Waits until the gateway ends this link. The code of its BYE and how long it took."""
        start = time.monotonic()
        opened.socket.settimeout(3 * SWEEP_S)
        code = opened.until_closed()
        return code, time.monotonic() - start


class Revoked(RotationTest):
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
            demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "law")
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


if __name__ == "__main__":
    demo.main()
