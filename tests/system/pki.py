"""comity pki: who a context is, whether its certificates hold, and how it gets new ones."""

import base64
import json
import os
import ssl
import subprocess
import unittest

import certificates
import contexts
import demo
import link

PROFILES = os.path.join(demo.SOURCE, "certs", "profiles.cnf")


def openssl(*words, env=None):
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=True,
                          env=dict(os.environ, **(env or {})))
    return done.stdout


def files_of(folder):
    return {name: demo.read(os.path.join(folder, name)) for name in os.listdir(folder)}


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
            said = openssl("x509", "-in", path, "-noout", "-serial", "-fingerprint", "-sha256",
                           "-subject", "-nameopt", "RFC2253")
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
        openssl("req", "-config", PROFILES, "-x509", "-extensions", "sealing", "-subj",
                "/C=XA/O=DEMO/CN=XA-CA-01 DEMO", *certificates.NEW_KEY, "-keyout", key, "-out",
                certificate, "-days", "2", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", env=env)
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


class Renewal(demo.DemoTest):
    """Each test has a party's folder of its own."""

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[1][:40].replace("_", "-")
        self.folder = os.path.join(self.demo.dir, "parties", self.name)
        os.makedirs(self.folder)
        for name in ("tls", "seal"):
            for ending in ("crt", "key"):
                path = os.path.join(self.folder, f"{name}.{ending}")
                with open(path, "wb") as file:
                    file.write(demo.read(f"{self.demo.pki}/XA/parties/XA-CA-01/{name}.{ending}"))
                os.chmod(path, 0o600)
        contexts.change(self.demo, self.name, cert=self.path("tls.crt"), key=self.path("tls.key"),
                        sealing_cert=self.path("seal.crt"), sealing_key=self.path("seal.key"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def pki(self, *words):
        return self.demo.comity("pki", *words, context=self.name)

    def grant(self, request, out, profile="party_tls", days=20, identity="XA-CA-01", state="XA"):
        """As a State's CA, by the profile that it has for that use."""
        ca = f"{self.demo.pki}/{state}/ca"
        env = {"COMITY_STATE": state, "COMITY_HOST": f"{state.lower()}.comity.example",
               "COMITY_CA": "", "COMITY_URI": certificates.uri(identity)[4:]}
        openssl("x509", "-req", "-in", self.path(request), "-CA", f"{ca}.crt", "-CAkey",
                f"{ca}.key", "-days", str(days), "-extfile", PROFILES, "-extensions", profile,
                "-out", self.path(out), env=env)
        return self.path(out)

    def unchanged(self, before):
        self.assertEqual(files_of(self.folder), before)
        context = self.demo.context(self.name)
        self.assertEqual(context["cert"], self.path("tls.crt"))
        self.assertEqual(context["sealing_cert"], self.path("seal.crt"))

    def assert_refused(self, certificate, *said, use="tls"):
        before = files_of(self.folder)
        for more in (["--dry-run"], []):
            done = self.pki("renew", "--for", use, "--certificate", certificate, *more)
            self.assertEqual(done.code, 4, done)
            for word in said:
                self.assertIn(word, done.error["message"] + done.error["hint"])
            self.unchanged(before)

    def test_tls_end_to_end(self):
        before = files_of(self.folder)
        done = self.pki("csr", "--for", "tls", "--dry-run")
        self.assertEqual(done.code, 0, done)
        self.unchanged(before)
        done = self.pki("csr", "--for", "tls")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["request"], self.path("tls.next.csr"))
        self.assertEqual(os.stat(self.path("tls.next.key")).st_mode & 0o777, 0o600)
        said = openssl("req", "-in", self.path("tls.next.csr"), "-noout", "-text", "-verify")
        self.assertIn("URI:spiffe://xa.comity.example/party/XA-CA-01", said)
        self.assertIn("TLS Web Client Authentication", said)
        self.unchanged({**before, "tls.next.key": demo.read(self.path("tls.next.key")),
                        "tls.next.csr": demo.read(self.path("tls.next.csr"))})
        new = self.grant("tls.next.csr", "granted.crt")
        waiting = files_of(self.folder)
        done = self.pki("renew", "--for", "tls", "--certificate", new, "--dry-run")
        self.assertEqual(done.code, 0, done)
        self.assertFalse(done.json["renewed"])
        self.unchanged(waiting)
        done = self.pki("renew", "--for", "tls", "--certificate", new)
        self.assertEqual(done.code, 0, done)
        self.assertTrue(done.json["renewed"])
        self.unchanged({"tls.crt": waiting["granted.crt"], "tls.key": waiting["tls.next.key"],
                        "tls.previous.crt": before["tls.crt"],
                        "tls.previous.key": before["tls.key"], "seal.crt": before["seal.crt"],
                        "seal.key": before["seal.key"], "granted.crt": waiting["granted.crt"]})
        self.assertEqual(self.pki("verify").code, 0)
        done = self.demo.comity("check", "connection", context=self.name)
        self.assertEqual(done.code, 0, done)
        done = self.demo.send(demo.a3(), context=self.name)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.demo.show(done.json["recipients"][0]["id"]).code, 0)

    def test_a_sealing_certificate_must_be_listed_first(self):
        self.assertEqual(self.pki("csr", "--for", "sealing").code, 0)
        new = self.grant("seal.next.csr", "granted.crt", profile="sealing")
        self.assert_refused(new, "directory", "the State must list it first", use="sealing")
        self.list_sealing(new)
        done = self.pki("renew", "--for", "sealing", "--certificate", new)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(self.pki("verify").code, 0)
        done = self.demo.send(demo.a3(), context=self.name)
        self.assertEqual(done.code, 0, done)
        shown = self.demo.show(done.json["recipients"][0]["id"])
        self.assertEqual(shown.code, 0, shown)

    def list_sealing(self, certificate):
        """As the State: one row more for XA-CA-01, and the gateway reads it."""
        rows = f"{self.demo.dir}/rulebook/parties/XA/demo"
        der = ssl.PEM_cert_to_DER_cert(demo.read(certificate).decode())
        lines = demo.read(rows).decode().split("\n")
        at = next(i for i, line in enumerate(lines) if line.strip().startswith("sealing"))
        lines.insert(at + 1, '    sealing from 2020-01-01 until 2099-01-01 "%s"'
                     % base64.b64encode(der).decode())
        with open(rows, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        self.demo.end()
        self.demo.start()

    def test_only_the_answer_to_the_request_is_taken(self):
        self.assert_refused(self.own(), "key")  # there is no request yet
        self.assertEqual(self.pki("csr", "--for", "tls").code, 0)
        bad = certificates.Certificates(self.demo)
        certificate, _ = bad.issue("anothers-key", certificates.uri("XA-CA-01"))
        self.assert_refused(certificate, "key")
        self.assert_refused(self.grant("tls.next.csr", "other.crt", identity="XA-CA-02"),
                            "identity", "XA-CA-02")
        self.assert_refused(self.grant("tls.next.csr", "soon.crt", days=3), "newer")
        self.assert_refused(self.grant("tls.next.csr", "seal-use.crt", profile="sealing"), "use")
        self.assert_refused(self.grant("tls.next.csr", "foreign.crt", state="XC"), "issuer")
        officer = self.grant("tls.next.csr", "officer.crt", identity="XA-CA-01/officer/7")
        self.assert_refused(officer, "unchanged", "XA-CA-01/7")

    def own(self):
        """A new certificate for the present key."""
        openssl("req", "-new", "-key", self.path("tls.key"), "-subj", "/C=XA/O=DEMO/CN=x", "-out",
                self.path("own.csr"))
        return self.grant("own.csr", "own.crt")

    def test_a_request_never_goes_over_another(self):
        self.assertEqual(self.pki("csr", "--for", "tls").code, 0)
        before = files_of(self.folder)
        done = self.pki("csr", "--for", "tls")
        self.assert_fails(done, 6, "E_STATE")
        self.unchanged(before)
        done = self.pki("csr", "--for", "tls", "--out", self.path("again.csr"))
        self.assertEqual(done.code, 0, done)
        self.assertFalse(done.json["new_key"])
        after = files_of(self.folder)
        self.assertIn(b"CERTIFICATE REQUEST", after.pop("again.csr"))
        self.assertEqual(after, before)

    def test_a_request_can_go_to_standard_output(self):
        done = demo.run(demo.COMITY, "pki", "csr", "--for", "sealing", "--out", "-", "--context",
                        self.name, env=self.demo.env)
        self.assertEqual(done.code, 0, done)
        self.assertTrue(done.out.startswith("-----BEGIN CERTIFICATE REQUEST-----"), done)
        self.assertNotIn("PRIVATE", done.out + done.err)
        self.assertNotIn("seal.next.csr", files_of(self.folder))
        with open(self.path("kept.csr"), "w", encoding="utf-8") as file:
            file.write(done.out)
        self.assertIn("1.3.6.1.5.5.7.3.36",
                      openssl("req", "-in", self.path("kept.csr"), "-noout", "-text", "-verify"))

    @unittest.skipUnless(os.geteuid() == 0, "only root can give files away")
    def test_a_key_of_another_user_is_left_to_them(self):
        user = demo.nobody()
        os.chown(self.path("tls.key"), user.pw_uid, user.pw_gid)
        before = files_of(self.folder)
        done = self.pki("csr", "--for", "tls")
        self.assert_fails(done, 2, "CONFIG")
        self.assertIn("another user", done.error["message"])
        self.unchanged(before)

    def test_the_command_line_is_checked(self):
        for words in (["csr"], ["csr", "--for", "mail"], ["renew", "--for", "tls"],
                      ["renew", "--certificate", self.path("tls.crt")]):
            self.assert_fails(self.pki(*words), 2, "USAGE")

    def test_a_renewal_that_was_broken_off_is_finished_first(self):
        """The context names the new pair under its own name, as after a kill in between."""
        self.assertEqual(self.pki("csr", "--for", "tls").code, 0)
        new = self.grant("tls.next.csr", "tls.next.crt")
        contexts.change(self.demo, self.name, base=self.name, cert=new,
                        key=self.path("tls.next.key"))
        self.assertEqual(self.demo.comity("check", "connection", context=self.name).code, 0)
        done = self.pki("csr", "--for", "tls")
        self.assert_fails(done, 6, "E_STATE")
        self.assertIn("pki renew", done.error["hint"])
        other = self.grant("tls.next.csr", "other.crt", days=25)
        done = self.pki("renew", "--for", "tls", "--certificate", other)
        self.assert_fails(done, 6, "E_STATE")
        done = self.pki("renew", "--for", "tls", "--certificate", new)
        self.assertEqual(done.code, 0, done)
        context = self.demo.context(self.name)
        self.assertEqual([context["cert"], context["key"]],
                         [self.path("tls.crt"), self.path("tls.key")])
        self.assertEqual(self.pki("verify").code, 0)
        self.assertNotIn("tls.next.key", files_of(self.folder))


if __name__ == "__main__":
    demo.main()
