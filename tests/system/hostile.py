"""A party with a good certificate that sends what no client would: it is cut off, the gateway does
not grow and goes on serving the others."""

import os
import re

import demo
import link
import octets

GROWTH_KIB = 24 << 10 if demo.SANITIZED else 10 << 10  # thousands of reads wait to be logged
CUT_S = 10
TOOLS = os.environ["COMITY_TEST_PROGRAMS"]


def framed(body):
    return len(body).to_bytes(4, "big") + body


def packed(*elements):
    return framed(octets.pack(list(elements)))


class Hostile(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.message = cls.demo.accepted(demo.a3())
        assert cls.demo.show(cls.message).code == 0
        cls.before = cls.demo.memory_peak()

    def setUp(self):
        """Somebody else's link, which must not notice anything."""
        self.other = link.Link(self.demo, "XC-CA-01")
        self.addCleanup(self.other.socket.close)

    def tearDown(self):
        self.assert_others_go_on()
        self.assertLess(self.demo.memory_peak() - self.before, GROWTH_KIB)

    def assert_others_go_on(self):
        self.assertEqual(len(self.other.ask(link.INBOX, None, 10, None)[4]), 1)
        self.assertEqual(self.demo.show(self.message).code, 0)

    def assert_cut(self, data, code, greet=True):
        """These octets end the link with this BYE, after HELLO or instead of it."""
        with link.Link(self.demo, "XA-CA-01", greet=greet) as hostile:
            hostile.socket.settimeout(CUT_S)
            try:
                hostile.raw(data)
            except link.Closed:
                pass  # it was cut off while it was still sending
            self.assertEqual(hostile.until_closed(), code, data[:40])

    def test_a_length_out_of_bounds_is_cut_off(self):
        for length in (0, link.FRAME_MAX + 1, 0x7FFFFFFF, 0xFFFFFFFF):
            self.assert_cut(length.to_bytes(4, "big"), "E_SIZE")

    def test_a_large_claim_costs_nothing(self):
        """The heads of arrays, maps, texts, binaries and extensions of gigabytes."""
        for first in (0xDD, 0xDF, 0xDB, 0xC6, 0xC9):
            bomb = bytes([first]) + b"\xff\xff\xff\xff"
            self.assert_cut(framed(bomb), "E_SCHEMA")
            self.assert_cut(framed(b"\x97\x03\x02" + bomb), "E_SCHEMA")

    def test_lists_in_lists_without_end_are_cut_off(self):
        self.assert_cut(framed(b"\x91" * 100000), "E_SCHEMA")
        self.assert_cut(framed(b"\xdd\x00\x00\x00\x01" * 100000), "E_SCHEMA")

    def test_the_longest_frame_of_the_smallest_elements_is_cut_off(self):
        count = link.FRAME_MAX - 5
        self.assert_cut(framed(b"\xdd" + count.to_bytes(4, "big") + b"\xc0" * count), "E_SCHEMA")

    def test_garbage_is_cut_off(self):
        for greet in (True, False):
            self.assert_cut(framed(b"\x97" + os.urandom(2000)), "E_SCHEMA", greet)

    def test_another_protocol_is_cut_off(self):
        self.assert_cut(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "E_SIZE", greet=False)

    def test_a_gateways_frames_and_unknown_ones_are_cut_off(self):
        self.assert_cut(packed(link.ANSWER, 2, 1, link.INBOX, [], None), "E_STATE")
        self.assert_cut(packed(link.HELLO, 2), "E_SCHEMA")
        for kind in (0, 15, 32, 47, 255, 1 << 40):
            self.assert_cut(packed(kind, 2), "E_SCHEMA")

    def test_a_number_out_of_turn_is_cut_off(self):
        for number in (1, 3, 1 << 52):
            self.assert_cut(packed(link.PING, number), "E_STATE")

    def test_anything_before_hello_is_cut_off(self):
        self.assert_cut(packed(link.PING, 1), "E_STATE", greet=False)
        self.assert_cut(packed(link.QUERY, 1, link.INBOX, [None, 1, None]), "E_STATE", greet=False)

    def test_thousands_of_pings_are_cut_off(self):
        self.assert_cut(b"".join(packed(link.PING, 2 + i) for i in range(5000)), "E_STATE")

    def test_credit_without_end_is_cut_off(self):
        credits = (packed(link.CREDIT, 2 + i, 0, 1024) for i in range(100))
        self.assert_cut(b"".join(credits), "E_STATE")

    def test_who_reads_nothing_holds_nobody_up(self):
        """Asks for the same message thousands of times and reads none of it."""
        key = ["XA-CA-01", bytes.fromhex(self.message.replace("-", "")), "XC-CA-01"]
        with link.Link(self.demo, "XC-CA-01") as deaf:
            deaf.socket.settimeout(1)
            with self.assertRaises((link.Closed, TimeoutError)):
                for _ in range(100000):
                    deaf.send(link.QUERY, link.FETCH, [key])
            self.assert_others_go_on()

    def test_a_flood_of_key_updates_is_cut_off(self):
        before = len(self.demo.said())
        done = demo.run(os.path.join(TOOLS, "key_flood"), self.demo.pki,
                        self.demo.gateway["address"], "10000")
        self.assertEqual(done.code, 0, done)
        demo.until(lambda: "too many key updates" in self.demo.said()[before:], "it is told")

    def test_what_is_cut_in_a_frame_is_told_as_truncated(self):
        """The peer's process or its connection died: never taken for an orderly end. Again and
        again, for such lines are said at a bounded rate and another test may have used it up."""
        before = len(self.demo.said())
        told = re.compile('"event":"link.truncated".*"peer":"XA-CA-01"')

        def cut_one():
            with link.Link(self.demo, "XA-CA-01") as cut:
                cut.raw((1000).to_bytes(4, "big") + b"\x97\x03")
            return told.search(self.demo.said(), before)

        demo.until(cut_one, "it is told")

    def test_many_links_at_once_are_served(self):
        links = [link.Link(self.demo, "XA-CA-01") for _ in range(50)]
        for one in links:
            self.assertEqual(one.ask(link.INBOX, None, 10, None)[4], [])
        for one in links:
            one.socket.close()

    def test_links_broken_off_at_any_point_leave_nothing(self):
        version = [1, bytes(32)]
        hello = packed(link.HELLO, 1, 1, "XA-CA-01", "XA-GW-01", 1 << 40,
                       [link.FRAME_MAX, 0, 0, 120000],
                       [version, version, [["XA", 1, bytes(32)]]], [])
        for length in range(0, len(hello), 9):
            with link.Link(self.demo, "XA-CA-01", greet=False) as broken:
                broken.raw(hello[:length])

    def test_who_was_cut_off_is_in_the_log(self):
        before = self.demo.settled_size()
        self.assert_cut(framed(b"\xc1"), "E_SCHEMA")
        self.demo.log_grown_to(before + 1)


if __name__ == "__main__":
    demo.main()
