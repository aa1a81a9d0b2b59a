"""A gateway's clock that can be wrong: tests/faults/clock.c, loaded before comityd."""

import contextlib
import os
import struct
import time

import demo

LIBRARY = os.path.join(os.environ["COMITY_TEST_PROGRAMS"], "clock.so")
WINDOW_S = 300  # between a message's being made and its entry
HOUR_S = 3600


class Clock:
    """What a program takes for the time of day: ours, and what is added to it."""

    def __init__(self, path, ms=0):
        self.path, self.env = path, {"LD_PRELOAD": LIBRARY, "COMITY_CLOCK": path}
        self.wrong = []  # (since, until, seconds): when it was, by the right time, and how much
        assert os.path.exists(LIBRARY), LIBRARY
        self.add(ms)

    def add(self, ms):
        """In place: whoever has mapped the file must find its octets at any moment."""
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.pwrite(file, struct.pack("=q", ms), 0)
        finally:
            os.close(file)

    @contextlib.contextmanager
    def wrong_by(self, ms):
        since = time.time()
        self.wrong.append((since, float("inf"), ms / 1000))  # known while it lasts, too
        self.add(ms)
        try:
            yield
        finally:
            self.add(0)
            self.wrong[-1] = (since, time.time(), ms / 1000)

    def may_refuse(self, since, until):
        """Whether a message that was made and answered between these times may have been made
        more than the window from what the clock said then."""
        return any(began <= until and ended >= since and abs(wrong) + until - since > WINDOW_S
                   for began, ended, wrong in self.wrong)

    def may_be_behind(self, made):
        """Whether a log may have a last entry, under the wrong time, beyond the window of a message
        that was made then: time in it does not fall, so it cannot take that message any more."""
        return any(min(ended, time.time()) + wrong - made > WINDOW_S
                   for _, ended, wrong in self.wrong)


def old_demo(states=None):
    """A demo that was made an hour ago: a clock that is behind would find certificates of now not
    valid yet, and nobody would get as far as a message."""
    made = Clock(os.path.join(demo.temporary_folder(), "made"), -HOUR_S * 1000)
    return demo.Demo(states, env=made.env)
