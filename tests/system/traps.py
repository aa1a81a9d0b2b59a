"""Two traps that a quick look does not find: what a stranger's protocol is told, and how much room a
claim of millions takes."""

import ssl

import demo
import link

LIVES_IN = 1 << 29  # octets of address space, libraries and stacks included
BOMBS = {
    "array of 2^32 - 1": b"\xdd\xff\xff\xff\xff",
    "map of 2^32 - 1": b"\xdf\xff\xff\xff\xff",
    "octets of 4 GiB": b"\xc6\xff\xff\xff\xff",
    "30 arrays of 65535 in each other": b"\xdc\xff\xff" * 30,
    "30 arrays of 2^24 in each other": b"\xdd\x01\x00\x00\x00" * 30,
}


class Protocols(demo.DemoTest):
    def assert_alert_120(self, alpn):
        folder = f"{self.demo.pki}/XA/parties/XA-CA-01"
        with self.assertRaises(ssl.SSLError) as caught:
            link.connect(self.demo, f"{folder}/tls.crt", f"{folder}/tls.key", alpn=alpn).close()
        said = str(caught.exception).lower().replace("_", " ")
        self.assertIn("alert no application protocol", said)

    def test_another_protocol_gets_alert_120(self):
        for protocol in ("h2", "http/1.1", "comity/2"):
            self.assert_alert_120(protocol)

    def test_no_protocol_is_closed(self):
        self.assert_alert_120(None)


@demo.unittest.skipIf(demo.SANITIZED, "sanitizers take more address space than any machine has")
class Bombs(demo.DemoTest):
    def test_claims_of_millions_are_cut_off_in_little_room(self):
        self.demo.end()
        self.demo.start("prlimit", f"--as={LIVES_IN}")
        for name, bomb in BOMBS.items():
            with self.subTest(name), link.Link(self.demo, "XA-CA-01") as party:
                body = bomb.ljust(150, b"\xc0")
                party.raw(len(body).to_bytes(4, "big") + body)
                self.assertIn(party.until_closed(), ("E_SCHEMA", "E_SIZE"))
        self.demo.accepted(demo.a3())
        self.assertTrue(demo.is_running(self.demo.pid, self.demo.config))


if __name__ == "__main__":
    demo.main()
