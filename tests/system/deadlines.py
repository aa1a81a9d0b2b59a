"""Nobody holds a link by doing nothing, or by doing it slowly."""

import os
import re
import signal
import threading
import time

import certificates
import demo
import link
import octets

# In seconds: to the first octets; the whole handshake; HELLO after it; a frame from its first octet
# to its last; for the last octets of a link that is over; silence before PING and after it.
SILENCE, HANDSHAKE, HELLO, FRAME, FAREWELL, IDLE, PONG = 2, 10, 5, 20, 5, 20, 10
SLACK = 6
OCTET_EVERY = 0.2
STALLED = 4
REVOKED = 5
ESTABLISHED = "01"  # in /proc/net/tcp
ENDLESS = (100000).to_bytes(4, "big")


class Deaf(link.Link):
    """Has asked for so much, and read none of it, that the last answer is still the gateway's: the
    system takes no more."""

    def __init__(self, gateway, message):
        super().__init__(gateway, "XC-CA-01", buffer=4096)
        self.demo = gateway
        self.key = ["XA-CA-01", bytes.fromhex(message.replace("-", "")), "XC-CA-01"]
        while self.is_added_to():
            pass

    def far_end(self):
        """What the system says of the gateway's end."""
        here, there = self.socket.getpeername()[1], self.socket.getsockname()[1]
        for row in demo.read("/proc/net/tcp").decode().splitlines()[1:]:
            words = row.split()
            if words[1].endswith(f":{here:04X}") and words[2].endswith(f":{there:04X}"):
                return words
        return None

    def unread(self):
        """Octets that the system holds for us."""
        return int(self.far_end()[4].split(":")[0], 16)

    def is_closed(self):
        """Whether the gateway has closed its end; the system may still hold octets of it."""
        end = self.far_end()
        return end is None or end[3] != ESTABLISHED

    def is_added_to(self):
        """Asks for one more; whether the system took it."""
        before, end = self.unread(), time.monotonic() + STALLED
        self.send(link.QUERY, link.FETCH, [self.key])
        while time.monotonic() < end:
            if self.unread() > before:
                return True
            time.sleep(0.002)
        return False

    def given_up_after(self, why):
        """Seconds from what ends the link until the gateway no longer waits for us."""
        said, start = len(self.demo.said()), time.monotonic()
        why()
        given_up = re.compile('"link.timeout".*"XC-CA-01".*deadline passed')
        demo.until(lambda: given_up.search(self.demo.said(), said), "the link is given up")
        return time.monotonic() - start


class Deadlines(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.message = cls.demo.accepted(demo.a3())

    def closed_after(self, connection, octet, every=OCTET_EVERY):
        """Seconds until the gateway closes a connection on which an octet comes now and then."""
        start = time.monotonic()
        connection.settimeout(every)
        while time.monotonic() - start < IDLE + PONG + 2 * SLACK:
            try:
                connection.sendall(octet)
                if not connection.recv(65536):
                    return time.monotonic() - start
            except TimeoutError:
                continue
            except OSError:
                return time.monotonic() - start
        return None

    def slow_link(self, greet, begin, octet):
        with link.Link(self.demo, "XA-CA-01", greet=greet) as slow:
            slow.raw(begin)
            return self.closed_after(slow.socket, octet)

    def who_says_nothing(self):
        with link.plain(self.demo) as silent:
            return self.closed_after(silent, b"")

    def who_shakes_hands_slowly(self):
        """An octet every two seconds."""
        with link.plain(self.demo) as slow:
            hello, start = link.client_hello(), time.monotonic()
            for at in range(len(hello)):
                if self.ended(slow, hello[at:at + 1], 2):
                    return time.monotonic() - start
        return None

    @staticmethod
    def ended(connection, octet, wait):
        connection.settimeout(wait)
        try:
            connection.sendall(octet)
            return not connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True

    def who_does_not_greet(self):
        return self.slow_link(False, b"", b"")

    def who_greets_without_end(self):
        return self.slow_link(False, ENDLESS, b"\x99")

    def whose_frame_does_not_end(self):
        return self.slow_link(True, ENDLESS, b"\x97")

    def who_does_not_answer_ping(self):
        with link.Link(self.demo, "XC-CA-01") as mute:
            start = time.monotonic()
            mute.socket.settimeout(IDLE + PONG + 2 * SLACK)
            self.assertIsNone(mute.until_closed())
            self.assertIn(link.PING, [octets.unpack(frame)[0] for frame in mute.frames])
            return time.monotonic() - start

    def who_does_not_read_our_bye(self):
        """BYE stands behind an answer that the gateway could not send, until the farewell is over."""
        with Deaf(self.demo, self.message) as deaf:
            return deaf.given_up_after(lambda: deaf.raw(b"\xff\xff\xff\xff"))

    def test_links_end_at_their_deadlines(self):
        cases = {self.who_says_nothing: SILENCE, self.who_shakes_hands_slowly: HANDSHAKE,
                 self.who_does_not_greet: HELLO, self.who_greets_without_end: HELLO,
                 self.whose_frame_does_not_end: FRAME, self.who_does_not_answer_ping: IDLE + PONG,
                 self.who_does_not_read_our_bye: FAREWELL}
        found = {}

        def measure(case):
            found[case] = case()

        threads = [threading.Thread(target=measure, args=(case,)) for case in cases]
        for thread in threads:
            thread.start()
        self.assert_who_answers_ping_stays()
        for thread in threads:
            thread.join()
        for case, limit in cases.items():
            self.assertIsNotNone(found.get(case), case.__name__)
            self.assertGreater(found[case], limit - 1, case.__name__)
            self.assertLess(found[case], limit + SLACK, case.__name__)

    def assert_who_answers_ping_stays(self):
        """Says nothing of its own for as long as the mute one."""
        with link.Link(self.demo, "XA-CA-01") as idle:
            start = time.monotonic()
            idle.socket.settimeout(IDLE + SLACK)
            idle.send(link.PONG, idle.expect(link.PING)[1])
            self.assertGreater(time.monotonic() - start, IDLE - 1)
            idle.socket.settimeout(PONG + 1)
            with self.assertRaises(TimeoutError):
                idle.frame()  # nor is it closed when the mute one is
            idle.socket.settimeout(SLACK)
            self.assertEqual(idle.ask(link.INBOX, None, 10, None)[4], [])

    def test_who_is_revoked_is_gone_even_if_it_does_not_read(self):
        other = demo.Demo()
        self.addCleanup(other.down)
        with Deaf(other, other.accepted(demo.a3())) as deaf:
            certificates.Certificates(other).revoke("XC/parties/XC-CA-01/tls.crt")
            start = time.monotonic()
            os.kill(other.pid, signal.SIGHUP)
            demo.until(deaf.is_closed, "the link is given up")
        self.assertLess(time.monotonic() - start, REVOKED)
        self.assertIn("peer.revoked", other.said())


if __name__ == "__main__":
    demo.main()
