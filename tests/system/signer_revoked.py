"""Of a law that is in force a signer's certificate is revoked: what it signed counts no more, and
nothing is decided until the law is signed anew."""

import os
import subprocess

import demo
import signing
import texts


class Revoked(signing.SigningTest):
    """One of the two who sign the law is on a revocation list of its CA."""

    signer = "XF/parties/XF-JUD-01/seal.crt"

    def certs(self, script, *words):
        subprocess.run([os.path.join(demo.SOURCE, "certs", script), "--dir", self.demo.pki, *words],
                       check=True, capture_output=True)

    def trust_the_federations_ca(self):
        self.certs("make-demo-crl", "XF")
        texts.change_where(self.demo.config, r"(?m)^authorities:\n",
                           "authorities:\n  - state: 'XF'\n"
                           f"    certificate: '{self.demo.pki}/XF/ca.crt'\n"
                           f"    crl: '{self.demo.pki}/XF/crl.pem'\n")
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])

    def test_what_it_signed_counts_no_more(self):
        self.trust_the_federations_ca()
        self.amend()
        demo.reissue(self.demo.pki, self.rulebook, "law")
        self.certs("revoke-demo-certificate", self.signer)
        self.assert_refused("law number 2 was not in force, and of its signatures too few hold",
                            "the certificate of XF-JUD-01 is revoked since ", "object.validity")

        self.put_back()  # what was in force stays so
        since = len(self.demo.said())
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        line = demo.until(lambda: self.demo.events("alarm.signer_revoked", since), "it is said")
        self.assertIn("the certificate of XF-JUD-01, who signs law, is revoked", line[0]["text"])
        demo.until(lambda: self.demo.events("alarm.signatures_expired", since), "so is this")
        self.assert_fails(self.demo.send(demo.plain("NOT-NOW")), 7, "E_UNAVAILABLE")
        self.demo.end()
        self.demo.start()
        self.assert_fails(self.demo.send(demo.plain("NOR-NOW")), 7, "E_UNAVAILABLE")

        self.certs("renew-demo-certificate", self.signer)
        demo.sign(self.demo.pki, self.rulebook, "law")
        since = len(self.demo.said())
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        self.demo.accepted(demo.plain("AGAIN"))
        demo.until(lambda: len(self.demo.events("alarm.over", since)) == 2, "it is over")


if __name__ == "__main__":
    demo.main()
