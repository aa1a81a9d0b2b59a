"""Who may open a link, and in whose name: everybody else is refused, and the others go on."""

import json
import os
import ssl

import certificates
import demo
import link

IDENTITY = "without exactly one well-formed identity"


class Links(demo.DemoTest):
    """One good link stays open all the time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bad = certificates.Certificates(cls.demo)
        cls.good = link.Link(cls.demo, "XC-CA-01")
        cls.addClassCleanup(cls.good.end)

    def assert_others_go_on(self):
        self.assertEqual(self.good.ask(link.INBOX, None, 10, None)[4], [])
        with link.Link(self.demo, "XA-CA-01") as another:
            self.assertEqual(another.ask(link.INBOX, None, 10, None)[4], [])

    def assert_refused(self, certificate, key, said, **more):
        """Refused in the handshake; diagnostics say why."""
        before = len(self.demo.said())
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with link.connect(self.demo, certificate, key, **more) as refused:
                refused.sendall(b"\0")
                while refused.recv(1):
                    self.fail("the gateway answered")
                raise ConnectionError("closed")
        demo.until(lambda: "handshake.failed" in self.demo.said()[before:],
                   "diagnostics name the refused handshake", 5)
        self.assertIn(said, self.demo.said()[before:])
        self.assert_others_go_on()

    def party(self, name="XA-CA-01"):
        folder = f"{self.demo.pki}/{name[:2]}/parties/{name}"
        return f"{folder}/tls.crt", f"{folder}/tls.key"

    def test_a_party_with_its_own_certificate_is_welcome(self):
        self.assertEqual(self.good.welcome[2:5], [1, "XA-GW-01", "XC-CA-01"])
        self.assert_others_go_on()

    def test_another_ca_with_the_same_name_is_refused(self):
        pair = self.bad.issue("rogue", certificates.uri("XA-CA-01"), issuer=self.bad.rogue())
        self.assert_refused(*pair, "not issued by a configured CA")

    def test_the_ca_of_another_state_cannot_speak_for_this_one(self):
        pair = self.bad.issue("foreign", certificates.uri("XA-CA-01"), country="XC",
                              issuer=f"{self.demo.pki}/XC")
        self.assert_refused(*pair, "of another State than its CA's")

    def test_a_certificate_without_identity_is_refused(self):
        self.assert_refused(*self.bad.issue("nameless", "", profile="nameless"), IDENTITY)

    def test_a_certificate_with_two_identities_is_refused(self):
        names = f"{certificates.uri('XA-CA-01')}, {certificates.uri('XA-CA-02')}"
        self.assert_refused(*self.bad.issue("two", names), IDENTITY)

    def test_an_identity_that_is_no_party_is_refused(self):
        names = "URI:spiffe://xa.comity.example/member/XA-CA-01"
        self.assert_refused(*self.bad.issue("member", names), IDENTITY)

    def test_a_certificate_for_servers_is_refused(self):
        pair = self.bad.issue("server", certificates.uri("XA-CA-01"), profile="server")
        self.assert_refused(*pair, "not made for this use")

    def test_a_sealing_certificate_is_refused(self):
        certificate, key = self.party()
        self.assert_refused(certificate.replace("tls", "seal"), key.replace("tls", "seal"),
                            "not made for this use")

    def test_an_expired_certificate_is_refused(self):
        pair = self.bad.dated("expired", "20240101000000Z", "20240201000000Z")
        self.assert_refused(*pair, "certificate expired")

    def test_a_certificate_of_the_future_is_refused(self):
        pair = self.bad.dated("early", "20480101000000Z", "20480201000000Z")
        self.assert_refused(*pair, "not valid yet")

    def test_without_a_certificate_there_is_no_link(self):
        self.assert_refused(None, None, "sent no certificate")

    def test_tls_1_2_is_refused(self):
        self.assert_refused(*self.party(), "does not speak TLS 1.3", version=ssl.TLSVersion.TLSv1_2)

    def test_without_alpn_there_is_no_link(self):
        self.assert_refused(*self.party(), "does not offer our protocol: comity/1", alpn=None)

    def test_another_protocol_is_refused(self):
        self.assert_refused(*self.party(), "does not offer our protocol: comity/1", alpn="http/1.1")

    def test_a_party_of_no_directory_is_refused(self):
        """A good certificate of the State's CA, but the directory knows no such party."""
        certificate, key = self.bad.issue("stranger", certificates.uri("XA-POL-09"))
        folder = f"{self.demo.pki}/XA/parties/XA-POL-09"
        os.makedirs(folder)
        os.symlink(certificate, f"{folder}/tls.crt")
        os.symlink(key, f"{folder}/tls.key")
        with link.Link(self.demo, "XA-POL-09", greet=False) as stranger:
            self.assertEqual(stranger.until_closed(), "E_ROUTE")
        self.assert_others_go_on()

    def test_hello_in_anothers_name_is_refused_and_logged(self):
        before = self.demo.settled_size()
        with link.Link(self.demo, "XA-CA-01", greet=False) as liar:
            with self.assertRaises(link.Closed) as closed:
                liar.greet("XC-CA-01")
        self.assertIn("E_ROUTE", str(closed.exception))
        self.demo.log_grown_to(before + 1)
        self.assert_others_go_on()


class Revoked(demo.DemoTest):
    def test_a_revoked_certificate_is_refused_after_a_restart(self):
        self.assertEqual(self.demo.inbox("xa-ca-01"), [])
        certificates.Certificates(self.demo).revoke("XA/parties/XA-CA-01/tls.crt")
        self.demo.end()
        self.demo.start()
        done = self.demo.comity("request", "inbox", context="xa-ca-01")
        self.assertEqual(done.code, 4, done)
        self.assertIn("revoked", done.error["message"])
        demo.until(lambda: "revoked" in self.demo.said(), "diagnostics say why")
        self.assertEqual(self.demo.inbox("xc-ca-01"), [])


class Names(demo.DemoTest):
    """Link, seal and `from` are one party: contexts that mix them are refused, with an entry."""

    def mix(self, **changes):
        """Makes the context mixed: Arvenia's with other values."""
        context = self.demo.context("xa-ca-01")
        del context["name"]
        context.update(changes, archive=f"{self.demo.dir}/home/archive/mixed")
        path = f"{self.demo.dir}/home/contexts/mixed.json"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(context, file)

    def assert_refused(self, code, name, **changes):
        self.mix(**changes)
        before = self.demo.settled_size()
        done = self.demo.send(demo.a3(), context="mixed")
        self.assert_fails(done, code, name)
        self.assertGreaterEqual(self.demo.log_grown_to(before + 1), before + 1)
        self.assertEqual(self.demo.inbox(), [])

    def test_a_seal_by_another_key_is_refused(self):
        other = self.demo.context("xc-ca-01")
        self.assert_refused(4, "E_SIG", sealing_key=other["sealing_key"])

    def test_a_seal_by_a_certificate_that_is_not_listed_is_refused(self):
        """Arvenia's CA signs it, for this very party: the directory decides."""
        bad = certificates.Certificates(self.demo)
        certificate, key = bad.issue("unlisted", certificates.uri("XA-CA-01"))
        self.assert_refused(4, "E_SIG", sealing_cert=certificate, sealing_key=key)

    def test_another_partys_message_is_refused_on_this_link(self):
        """Sealed with Corland's own key, sent over Arvenia's link."""
        other = self.demo.context("xc-ca-01")
        self.assert_refused(3, "E_ROLE", party="XC-CA-01", sealing_cert=other["sealing_cert"],
                            sealing_key=other["sealing_key"])

    def test_a_gateway_with_anothers_certificate_is_told_nothing(self):
        """The same names, another PKI: what listens there is not the gateway of the directory."""
        other = demo.Demo()
        self.mix(address=other.gateway["address"])
        done = self.demo.send(demo.a3(), context="mixed")
        said = other.said()
        other.down()
        self.assertEqual(done.code, 4, done)
        self.assertIn("certificate", done.error["message"])
        self.assertNotIn("link.opened", said)


if __name__ == "__main__":
    demo.main()
