"""A peer gateway that puts one message off again and again while it takes others: that one is laid
aside, the others go on, and the operator sees which it is."""

import demo
import link
import peers


class Poison(demo.DemoTest):
    """A program of the tests with the key of XC-GW-01 stands in its place."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.corland = cls.demo.at("XC")
        cls.corland.end()

    def admin(self, *words):
        done = self.demo.comity("admin", *words, "--config", self.demo.config)
        self.assertEqual(done.code, 0, done)
        return done.json

    def open(self):
        """A link on which mail comes."""
        peer = peers.Peer(self.demo, "XC-GW-01", self.demo)
        self.addCleanup(peer.socket.close)
        peer.send(link.CREDIT, 0, 64)
        return peer

    @staticmethod
    def put_off(peer, deliver):
        peer.send(link.REFUSE, deliver[1], "E_UNAVAILABLE", None, None, 1)

    @staticmethod
    def seal(deliver):
        return deliver[2][0]

    @staticmethod
    def refuse_for_good(peer, deliver):
        peer.send(link.REFUSE, deliver[1], "E_SCHEMA", None, None, 0)

    def until_left(self, peer, seal):
        """Puts off whatever comes, until the gateway leaves the link; how often it was this one."""
        times = 0
        try:
            while True:
                deliver = peer.expect(link.DELIVER)
                times += self.seal(deliver) == seal
                self.put_off(peer, deliver)
        except link.Closed:
            peer.send(link.BYE, None)
            peer.socket.close()
            return times

    def test_it_is_laid_aside_and_told_and_the_others_go_on(self):
        bad = self.demo.accepted(demo.plain("POISON-1"))
        peer = self.open()
        first = peer.expect(link.DELIVER)
        self.put_off(peer, first)
        others = [self.demo.accepted(demo.plain(f"POISON-{n}")) for n in (2, 3)]
        self.assertGreaterEqual(1 + self.until_left(peer, self.seal(first)), 5)
        self.assertEqual(self.admin("quarantine", "list")["aside"], [])
        peer = self.open()
        for _ in others:
            deliver = peer.expect(link.DELIVER)
            self.assertNotEqual(self.seal(deliver), self.seal(first))
            self.refuse_for_good(peer, deliver)
        for message in others:
            demo.until(lambda m=message: self.demo.stage(m) == "not relayed", "it goes on")
        row = self.admin("quarantine", "list")["aside"][0]
        self.assertEqual((row["gateway"], row["id"], row["from"], row["to"]),
                         ("XC-GW-01", bad, "XA-CA-01", "XC-CA-01"))
        self.assertLessEqual(row["again_s"], 600)
        self.assertEqual(self.admin("peers")["peers"][0]["aside"], 1)
        self.assertEqual([line["peer"] for line in self.demo.events("relay.aside")], ["XC-GW-01"])
        self.assertEqual(self.demo.stage(bad), "accepted")
        peer.socket.close()
        self.demo.end()
        self.corland.start()  # its operators have put it right
        self.demo.start()     # nothing is remembered: it is tried again at once
        demo.until(lambda: self.demo.stage(bad) == "relayed", "it goes on", 120)
        self.assertEqual(self.admin("quarantine", "list")["aside"], [])


if __name__ == "__main__":
    demo.main()
