"""The CA of a peer's State changes its key. With overlap no link of the old one is dropped; and where
it ends before the next one is there, what is queued waits and loses nothing."""

import os
import re
import shutil
import ssl
import subprocess
import time
import uuid

import certificates
import demo
import fast
import link
import rows

MAKE = os.path.join(demo.SOURCE, "certs", "make-demo-pki")
STATE, GATEWAY, PARTY = "XC", "XC-GW-01", "XC-CA-01"
SUBJECT = f"/C={STATE}/O=DEMO/CN={STATE} State CA DEMO"
LIFE_S = 150 if demo.SANITIZED else 60  # of a CA, at least
REHEARSALS = 3  # so many times what starting and sealing take here is enough to queue everything
QUEUED, THREADS = 500, 8
KEYS = 4  # entries of what Corland has anew
BACK_S = 150  # who could not be reached for long is dialled again within a minute and a half
SWEEP_S = 10

SHORT = """[ca]
default_ca = short
[short]
database = {0}/short.txt
new_certs_dir = {0}
serial = {0}/short.serial
default_md = sha256
policy = any
[any]
countryName = supplied
organizationName = supplied
commonName = supplied
"""


class Authority:
    """A CA of Corland with certificates for its gateway and its ministry, in a folder like pki."""

    def __init__(self, demonstration, name, life_s=None, made=False):
        """life_s: how long it is good for. made: it is a copy of the demo's own."""
        self.folder = os.path.join(os.path.dirname(demonstration.dir), name)
        self.ends = None
        if made:
            shutil.copytree(f"{demonstration.pki}/{STATE}", f"{self.folder}/{STATE}")
            return
        os.makedirs(f"{self.folder}/{STATE}")
        if life_s is not None:
            self.make_short(f"{self.folder}/{STATE}", life_s)
        subprocess.run([MAKE, "--dir", self.folder, "--gateway", GATEWAY, "--party", PARTY],
                       check=True, capture_output=True)

    def make_short(self, ca, life_s):
        """With an end in seconds, which openssl req cannot give."""
        self.ends = int(time.time()) + life_s
        begin, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when))
                      for when in (self.ends - 3600, self.ends))
        env = {"COMITY_STATE": STATE, "COMITY_HOST": "xc.comity.example", "COMITY_URI": "",
               "COMITY_CA": ca}
        for name, text in (("short.cnf", SHORT.format(ca)), ("short.txt", ""),
                           ("short.serial", "01\n")):
            with open(f"{ca}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        certificates.openssl("req", "-config", certificates.PROFILES, "-new", "-subj", SUBJECT,
                             *certificates.NEW_KEY, "-keyout", f"{ca}/ca.key", "-out",
                             f"{ca}/ca.csr", env=env)
        certificates.openssl("ca", "-config", f"{ca}/short.cnf", "-batch", "-notext", "-selfsign",
                             "-keyfile", f"{ca}/ca.key", "-startdate", begin, "-enddate", end,
                             "-extfile", certificates.PROFILES, "-extensions", "state_ca", "-in",
                             f"{ca}/ca.csr", "-out", f"{ca}/ca.crt", env=env)

    def octets(self, name):
        return demo.read(f"{self.folder}/{STATE}/{name}")


class AuthorityTest(demo.DemoTest):
    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corland = cls.demo.at("XC")
        cls.load = fast.Load(cls.demo)
        cls.until_up()

    @classmethod
    def until_up(cls, after=0):
        demo.until(lambda: cls.demo.events("peer.up", after), "the gateways are linked", BACK_S)

    # ---- what both gateways are told ----

    def put(self, name, *authorities):
        """A file of Corland's PKI is one after the other; it stays its owner's."""
        with open(f"{self.demo.pki}/{STATE}/{name}", "wb") as file:
            file.write(b"".join(authority.octets(name) for authority in authorities))

    def trust(self, *authorities):
        """The configuration of both names these CAs, and a list of each."""
        self.put("ca.crt", *authorities)
        self.put("crl.pem", *authorities)

    def change_rows(self, path, words, new, keep):
        """Has these rows behind the old ones, or instead of them."""
        path = f"{self.demo.dir}/rulebook/{path}"
        lines = demo.read(path).decode().splitlines(keepends=True)
        at = max(i for i, line in enumerate(lines)
                 if line.split()[0] in words and self.is_corlands(lines, i))
        old = [line for i, line in enumerate(lines[:at + 1])
               if keep or line.split()[0] not in words or not self.is_corlands(lines, i)]
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(old + new + lines[at + 1:]))

    @staticmethod
    def is_corlands(lines, at):
        """Whether the row belongs to Corland or to a party of it."""
        heads = [line for line in lines[:at] if re.match(r"  (state|party|gateway) ", line)]
        return heads[-1].split()[1].startswith(STATE)

    def list_in_rulebook(self, authority, keep):
        self.change_rows("states/demo", ("authority",),
                         [rows.certificate("authority", authority.octets("ca.crt"))], keep)
        self.change_rows(f"parties/{STATE}/demo", ("sealing", "encryption"),
                         [rows.certificate(word, authority.octets(f"parties/{PARTY}/{name}.crt"))
                          for word, name in (("sealing", "seal"), ("encryption", "enc"))], keep)
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "states", f"parties:{STATE}")

    def certify_gateway(self, authority):
        for name in ("tls.key", "tls.crt"):
            self.put(f"gateways/{GATEWAY}/{name}", authority)

    def certify_party(self, authority):
        for use in ("tls", "seal", "enc"):
            for kind in ("key", "crt"):
                self.put(f"parties/{PARTY}/{use}.{kind}", authority)

    def reload(self, *gateways):
        for gateway in gateways or self.demo.gateways:
            done = self.demo.comity("admin", "reload", "--config", gateway.config)
            self.assertEqual(done.code, 0, done)

    # ---- what is to be seen ----

    def waiting(self):
        """Messages in the box of Corland's gateway."""
        done = self.demo.comity("admin", "peers", "--config", self.demo.config)
        self.assertEqual(done.code, 0, done)
        return done.json["peers"][0]["waiting"]

    def sizes(self):
        return [self.demo.settled_size(gateway, party)
                for gateway, party in zip(self.demo.gateways, ("XA-CA-01", PARTY))]


    def assert_passes(self, case):
        message = self.demo.accepted(demo.plain(case))
        demo.until(lambda: self.demo.stage(message) != "accepted", f"{case} is relayed", BACK_S)


@demo.costly
class Ended(AuthorityTest):
    """Its CA ends while Corland is away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.next = Authority(cls.demo, "next")
        cls.life_s = max(LIFE_S, int(REHEARSALS * cls.rehearse()))
        for gateway in cls.demo.gateways:
            gateway.end()
        cls.old = Authority(cls.demo, "short", cls.life_s)

    @classmethod
    def rehearse(cls):
        """How long it takes here until both are linked and all is sealed."""
        began, after = time.monotonic(), len(cls.demo.said())
        for gateway in cls.demo.gateways:
            gateway.end()
        for gateway in cls.demo.gateways:
            gateway.start()
        cls.until_up(after)
        cls.load.seal(QUEUED, [str(uuid.uuid4())])
        return time.monotonic() - began

    def begin(self):
        """Both gateways are linked by certificates of the CA that will end."""
        self.trust(self.old)
        self.list_in_rulebook(self.old, keep=False)
        self.certify_gateway(self.old)
        self.certify_party(self.old)
        after = len(self.demo.said())
        for gateway in self.demo.gateways:
            gateway.start()
        self.until_up(after)

    def queue(self):
        """Messages of several threads for a gateway that is away, in their order."""
        sealed = self.load.seal(QUEUED, [str(uuid.uuid4()) for _ in range(THREADS)])
        self.load.send_all(sealed)
        self.assertLess(time.time(), self.old.ends, "the CA ended before all was queued")
        return sealed.rows

    def assert_alarm(self, gateway, after):
        line = demo.until(lambda: gateway.events("alarm.authority_expired", after),
                          "the end of the CA is an alarm", self.life_s + demo.DEADLINE_S)[0]
        self.assertEqual(line["level"], "alarm")
        self.assertIn(f"of a CA of {STATE} ended", line["text"])

    def check_nothing_passes(self):
        """Nobody takes its certificates any more, and says so; the messages wait."""
        after, there = len(self.demo.said()), len(self.corland.said())
        self.corland.start()
        self.assert_alarm(self.corland, there)
        demo.until(lambda: self.corland.events("handshake.failed", there), "it is dialled", BACK_S)
        self.assertEqual(self.demo.events("peer.up", after), [])
        self.assertEqual(self.waiting(), QUEUED)

    def renew(self):
        """What the operators of both do once they have the new CA."""
        self.trust(self.next)
        self.list_in_rulebook(self.next, keep=True)
        self.certify_gateway(self.next)
        self.certify_party(self.next)
        self.reload()

    def assert_arrive(self, sent):
        """Each once, in their order."""
        with self.load.taker(QUEUED, self.corland) as taker:
            taker.ready()
            arrived = self.load.taken(taker, QUEUED)
        self.assertEqual([(one.id, one.thread) for one in arrived], sent)
        demo.until(lambda: self.waiting() == 0, "nothing waits any more")

    def test_what_is_queued_when_the_ca_ends_is_not_lost(self):
        self.begin()
        before, after = self.sizes(), len(self.demo.said())
        self.corland.end()
        sent = self.queue()
        self.assert_alarm(self.demo, after)
        self.check_nothing_passes()
        self.renew()
        self.assert_arrive(sent)
        # The order to reload and the rulebook at each; Corland's stop and start, and of each
        # message that it was taken over, disclosed and delivered; and what became of its own keys:
        # CA, gateway's certificate, and what its party seals and decrypts with.
        grown = [now - size for now, size in zip(self.sizes(), before)]
        self.assertEqual(grown, [QUEUED + 2, 3 * QUEUED + 4 + KEYS])


@demo.costly
class Overlap(AuthorityTest):
    """Its next CA is there before the old one ends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old, cls.next = Authority(cls.demo, "old", made=True), Authority(cls.demo, "next")

    def opened(self):
        """A link of the ministry's that stays open until the test is over."""
        found = link.Link(self.demo, PARTY, gateway=self.corland)
        self.addCleanup(found.socket.close)
        return found

    def assert_lives(self, opened):
        self.assertEqual(opened.ask(link.INBOX, None, 1, None)[0], link.ANSWER)

    def shown(self, opened):
        """The certificate of the gateway."""
        return ssl.DER_cert_to_PEM_cert(opened.socket.getpeercert(binary_form=True)).encode()

    def test_with_two_cas_at_once_no_link_is_dropped(self):
        first, after = self.opened(), len(self.demo.said())
        self.trust(self.old, self.next)
        self.reload()
        self.assert_passes("BOTH-TRUSTED")
        self.certify_gateway(self.next)
        self.reload(self.corland)
        demo.until(lambda: self.shown(self.opened()) == self.next.octets(
            f"gateways/{GATEWAY}/tls.crt"), "new links see the new certificate", SWEEP_S)
        self.certify_party(self.next)
        second = self.opened()
        self.assert_passes("BOTH-USED")
        self.assertEqual(self.demo.events("peer.down", after), [])

        self.list_in_rulebook(self.next, keep=True)
        self.reload()
        self.assert_passes("BOTH-LISTED")
        for opened in (first, second):
            self.assert_lives(opened)

        after = len(self.demo.said())
        self.trust(self.next)
        self.reload()
        first.socket.settimeout(SWEEP_S)
        self.assertEqual(first.until_closed(), "E_SIG")
        self.assert_lives(second)
        self.assert_passes("OLD-ONE-GONE")


if __name__ == "__main__":
    demo.main()
