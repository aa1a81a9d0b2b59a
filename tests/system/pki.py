"""comity pki: who a context is, and whether its certificates hold."""

import json
import os
import ssl

import certificates
import contexts
import demo
import link

class Whoami(demo.DemoTest):
    def test_a_context_says_who_it_is(self):
        done = self.demo.comity("pki", "whoami", context="xc-ca-01")
        self.assertEqual(done.code, 0, done)
        me = done.json
        self.assertEqual([me["context"], me["party"], me["officer"]],
                         ["xc-ca-01", "XC-CA-01", None])
        self.assertEqual(me["state"], {"id": "XC", "name": "Corland"})
        self.assertEqual(me["gateway"],
                         {"id": "XA-GW-01", "addresses": [self.demo.gateway["address"]]})
        for use, name in (("tls", "tls"), ("sealing", "seal")):
            path = f"{self.demo.pki}/XC/parties/XC-CA-01/{name}.crt"
            self.assertEqual(me[use]["file"], path)
            said = certificates.openssl("x509", "-in", path, "-noout", "-serial", "-fingerprint",
                                        "-sha256", "-subject", "-nameopt", "RFC2253")
            self.assertIn(f"serial={me[use]['serial']}\n", said)
            self.assertIn(me[use]["sha256"], said.replace(":", "").lower())
            self.assertIn(f"subject={me[use]['subject']}\n", said)
            self.assertEqual(me[use]["validity"], "valid")
            self.assertIn(me[use]["days_left"], (6, 7))
        self.assertEqual(me["sealing"]["listed"],
                         {"from": me["sealing"]["from"], "until": me["sealing"]["until"]})

    def test_an_officer_is_named(self):
        bad = certificates.Certificates(self.demo)
        certificate, key = bad.issue("officer", certificates.uri("XA-CA-01") + "/officer/2207")
        contexts.change(self.demo, "officer", cert=certificate, key=key)
        done = self.demo.comity("pki", "whoami", context="officer")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["officer"], "2207")
        lines = demo.run(demo.COMITY, "pki", "whoami", "--context", "officer", env=self.demo.env)
        self.assertIn("XA-CA-01, officer 2207", lines.out)

    def test_no_key_is_printed(self):
        for words in (["whoami"], ["verify"], ["csr", "--for", "tls", "--dry-run"]):
            for more in (["--json"], []):
                done = demo.run(demo.COMITY, "pki", *words, *more, "--context", "xa-ca-01",
                                env=self.demo.env)
                self.assertEqual(done.code, 0, done)
                for name in ("tls.key", "seal.key"):
                    key = demo.read(f"{self.demo.pki}/XA/parties/XA-CA-01/{name}").decode()
                    self.assertNotIn(key.split("\n")[1], done.out + done.err)


class Verify(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bad = certificates.Certificates(cls.demo)

    def points(self, row):
        return {point["name"]: point["state"] for point in row["findings"]}

    def gateway_takes(self, certificate, key):
        """Whether a link with this certificate outlives its handshake."""
        try:
            with link.connect(self.demo, certificate, key) as connection:
                connection.sendall(b"\0\0\0\0")  # no frame: answered, by whoever reads it
                return connection.recv(1) != b""
        except (ssl.SSLError, ConnectionError):
            return False

    def assert_bad(self, pair, *names, takes=False):
        done = self.demo.comity("pki", "verify", pair[0], context="xa-ca-01")
        self.assertEqual(done.code, 4, done)
        self.assertEqual([n for n, s in self.points(done.json).items() if s == "bad"], [*names])
        self.assertFalse(done.json["holds"])
        self.assertIn(names[0], done.error["message"])
        self.assertEqual(self.gateway_takes(*pair), takes)

    def test_a_contexts_certificates_hold(self):
        done = self.demo.comity("pki", "verify", context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        tls, sealing = done.rows
        good = dict.fromkeys(("identity", "issuer", "authority", "state", "validity", "revocation",
                              "use", "key"), "good")
        self.assertEqual(self.points(tls), good)
        self.assertEqual(self.points(sealing), dict(good, directory="good"))
        self.assertTrue(tls["holds"] and sealing["holds"])
        self.assertTrue(self.gateway_takes(tls["file"], tls["file"].replace(".crt", ".key")))

    def test_without_a_list_of_the_ca_revocation_is_unknown(self):
        self.without_own_list()
        done = self.demo.comity("pki", "verify", context="no-list")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.points(done.rows[0])["revocation"], "unknown")
        done = self.demo.comity("pki", "verify", "--crl", f"{self.demo.pki}/XC/crl.pem",
                                context="no-list")
        self.assertEqual(self.points(done.rows[0])["revocation"], "good")

    def without_own_list(self):
        path = os.path.join(self.demo.env["COMITY_HOME"], "contexts",
                            contexts.change(self.demo, "no-list", base="xc-ca-01") + ".json")
        with open(path, encoding="utf-8") as file:
            context = json.load(file)
        del context["own_crl"]
        with open(path, "w", encoding="utf-8") as file:
            json.dump(context, file)

    def test_by_a_list_that_has_ended_revocation_is_unknown(self):
        contexts.change(self.demo, "ended", crl=self.bad.ended_list())
        done = self.demo.comity("pki", "verify", context="ended")
        self.assertEqual(done.code, 0, done)
        self.assertEqual([self.points(row)["revocation"] for row in done.rows], ["unknown"] * 2)
        self.assertIn("ended on 2024-02-01", done.out)
        done = self.demo.comity("pki", "verify", "--crl", f"{self.demo.pki}/XA/crl.pem",
                                context="ended")
        self.assertEqual([self.points(row)["revocation"] for row in done.rows], ["good"] * 2)

    def test_the_list_of_the_own_ca_is_in_a_context_at_another_states_gateway(self):
        self.assertNotIn("own_crl", self.demo.context("xa-ca-01"))
        own = f"{self.demo.pki}/XC/crl.pem"
        self.assertEqual(self.demo.context("xc-ca-01")["own_crl"], own)
        for row in self.demo.comity("pki", "verify", context="xc-ca-01").rows:
            self.assertEqual(self.points(row)["revocation"], "good")
        contexts.change(self.demo, "no-own-list", base="xc-ca-01", own_crl=self.bad.folder + "/none")
        self.assert_fails(self.demo.comity("pki", "verify", context="no-own-list"), 4, "CONFIG")

    def test_an_expired_one_does_not_hold(self):
        pair = self.bad.dated("expired", "20240101000000Z", "20240201000000Z")
        self.assert_bad(pair, "validity")

    def test_one_of_the_future_does_not_hold(self):
        self.assert_bad(self.bad.dated("early", "20480101000000Z", "20480201000000Z"), "validity")

    def test_one_of_another_ca_with_the_same_name_does_not_hold(self):
        pair = self.bad.issue("rogue", certificates.uri("XA-CA-01"), issuer=self.bad.rogue())
        self.assert_bad(pair, "issuer")

    def test_one_of_another_states_ca_does_not_hold(self):
        pair = self.bad.issue("foreign", certificates.uri("XA-CA-01"), country="XC",
                              issuer=f"{self.demo.pki}/XC")
        self.assert_bad(pair, "issuer", "state")

    def test_one_with_two_identities_does_not_hold(self):
        names = f"{certificates.uri('XA-CA-01')}, {certificates.uri('XA-CA-02')}"
        self.assert_bad(self.bad.issue("two", names), "identity")

    def test_one_without_identity_does_not_hold(self):
        self.assert_bad(self.bad.issue("nameless", "", profile="nameless"), "identity")

    def test_one_for_servers_does_not_hold(self):
        pair = self.bad.issue("server", certificates.uri("XA-CA-01"), profile="server")
        self.assert_bad(pair, "use")

    def test_a_revoked_one_does_not_hold(self):
        certificate, key = self.bad.issue("revoked", certificates.uri("XA-CA-01"))
        before = demo.read(f"{self.demo.pki}/XA/crl.pem")
        self.bad.revoke("XA/" + os.path.relpath(certificate, f"{self.demo.pki}/XA"))
        after = f"{self.bad.folder}/crl.pem"
        os.rename(f"{self.demo.pki}/XA/crl.pem", after)
        with open(f"{self.demo.pki}/XA/crl.pem", "wb") as file:
            file.write(before)
        contexts.change(self.demo, "listed", crl=after, cert=certificate, key=key)
        done = self.demo.comity("pki", "verify", context="listed")
        self.assertEqual(done.code, 4, done)
        self.assertEqual(self.points(done.rows[0])["revocation"], "bad")
        self.assertIn("revoked", done.error["message"])
        self.assertEqual(self.points(done.rows[1])["revocation"], "good")
        check = self.demo.comity("check", "crl", context="listed")
        self.assertEqual(check.code, 4, check)
        states = {row["name"]: row["state"] for row in check.json["rows"]}
        self.assertEqual(states, {"crl XA": "OK", "tls": "CRITICAL", "sealing": "OK"})
        contexts.change(self.demo, "listed", crl=self.bad.ended_list())
        done = self.demo.comity("pki", "verify", certificate, context="listed")
        self.assertEqual(self.points(done.json)["revocation"], "bad")  # though the list has ended
        done = self.demo.comity("pki", "verify", certificate, "--crl", after, context="xa-ca-01")
        self.assertEqual(self.points(done.json)["revocation"], "bad")  # by the newer list

    def test_the_key_of_another_certificate_does_not_fit(self):
        other = self.demo.context("xc-ca-01")
        contexts.change(self.demo, "mixed", key=other["key"])
        done = self.demo.comity("pki", "verify", context="mixed")
        self.assertEqual(done.code, 4, done)
        self.assertEqual(self.points(done.rows[0])["key"], "bad")
        self.assertEqual(self.points(done.rows[1])["key"], "good")

    def test_a_key_that_others_may_read_does_not_hold(self):
        certificate, key = self.bad.issue("open", certificates.uri("XA-CA-01"))
        os.chmod(key, 0o644)
        contexts.change(self.demo, "open", cert=certificate, key=key)
        done = self.demo.comity("pki", "verify", context="open")
        self.assertEqual(done.code, 4, done)
        self.assertIn("only its owner", done.error["message"])

    def test_a_certificate_of_another_party_does_not_hold(self):
        certificate, key = self.bad.issue("other", certificates.uri("XA-CA-02"))
        contexts.change(self.demo, "other", cert=certificate, key=key)
        done = self.demo.comity("pki", "verify", context="other")
        self.assertEqual(done.code, 4, done)
        self.assertEqual(self.points(done.rows[0])["identity"], "bad")

    def test_a_sealing_certificate_that_is_not_listed_does_not_hold(self):
        env = {"COMITY_STATE": "XA", "COMITY_HOST": "xa.comity.example", "COMITY_CA": "",
               "COMITY_URI": certificates.uri("XA-CA-01")[4:]}
        certificate, key = self.bad.paths("unlisted")
        ca = f"{self.demo.pki}/XA/ca"
        certificates.openssl("req", "-config", certificates.PROFILES, "-x509", "-extensions",
                             "sealing", "-subj", "/C=XA/O=DEMO/CN=XA-CA-01 DEMO",
                             *certificates.NEW_KEY, "-keyout", key, "-out", certificate, "-days",
                             "2", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", env=env)
        contexts.change(self.demo, "unlisted", sealing_cert=certificate, sealing_key=key)
        done = self.demo.comity("pki", "verify", context="unlisted")
        self.assertEqual(done.code, 4, done)
        self.assertEqual([n for n, s in self.points(done.rows[1]).items() if s == "bad"],
                         ["directory"])
        self.assertIsNone(
            self.demo.comity("pki", "whoami", context="unlisted").json["sealing"]["listed"])

    def test_what_is_no_certificate_is_said(self):
        done = self.demo.comity("pki", "verify", f"{self.demo.pki}/XA/crl.pem", context="xa-ca-01")
        self.assert_fails(done, 4, "CONFIG")
        contexts.change(self.demo, "listless", crl=f"{self.demo.pki}/XA/ca.crt")
        self.assert_fails(self.demo.comity("pki", "verify", context="listless"), 4, "CONFIG")


if __name__ == "__main__":
    demo.main()
