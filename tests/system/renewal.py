"""How a party gets new certificates: comity pki csr and renew."""

import base64
import os
import ssl
import unittest

import certificates
import contexts
import demo


def files_of(folder):
    return {name: demo.read(os.path.join(folder, name)) for name in os.listdir(folder)}


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
        certificates.openssl("x509", "-req", "-in", self.path(request), "-CA", f"{ca}.crt",
                             "-CAkey", f"{ca}.key", "-days", str(days), "-extfile",
                             certificates.PROFILES, "-extensions", profile, "-out", self.path(out),
                             env=env)
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
        said = certificates.openssl("req", "-in", self.path("tls.next.csr"), "-noout", "-text",
                                    "-verify")
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
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "parties:XA")
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
        certificates.openssl("req", "-new", "-key", self.path("tls.key"), "-subj",
                             "/C=XA/O=DEMO/CN=x", "-out", self.path("own.csr"))
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
        said = certificates.openssl("req", "-in", self.path("kept.csr"), "-noout", "-text",
                                    "-verify")
        self.assertIn("1.3.6.1.5.5.7.3.36", said)

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
