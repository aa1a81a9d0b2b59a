"""Nobody holds a link by doing nothing, or by doing it slowly."""

import threading
import time

import demo
import link

HELLO_S, FRAME_S = 5, 20  # until HELLO; from a frame's first octet to its last
SLACK_S = 8


class Deadlines(demo.DemoTest):
    def closed_after(self, greet, begin, trickle):
        """Seconds until the gateway closes a link on which an octet comes now and then."""
        with link.Link(self.demo, "XA-CA-01", greet=greet) as slow:
            start = time.monotonic()
            slow.raw(begin)
            slow.socket.settimeout(0.2)
            while time.monotonic() - start < FRAME_S + 2 * SLACK_S:
                try:
                    slow.raw(trickle)
                    slow.frame()
                except TimeoutError:
                    continue
                except link.Closed:
                    return time.monotonic() - start
        return None

    def test_links_end_at_their_deadlines(self):
        endless = (100000).to_bytes(4, "big")
        cases = {"no HELLO": (HELLO_S, False, b"", b""),
                 "HELLO without end": (HELLO_S, False, endless, b"\x99"),
                 "a frame without end": (FRAME_S, True, endless, b"\x97")}
        found = {}

        def measure(name, *args):
            found[name] = self.closed_after(*args)

        threads = [threading.Thread(target=measure, args=(name, *case[1:]))
                   for name, case in cases.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, (limit, *_) in cases.items():
            self.assertIsNotNone(found.get(name), name)
            self.assertGreater(found[name], limit - 1, name)
            self.assertLess(found[name], limit + SLACK_S, name)


if __name__ == "__main__":
    demo.main()
