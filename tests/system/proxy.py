"""A bad network: what is dialled through it can be cut, refused, held up, lost and cut in half, one
direction at a time, until it is healed. One thread for all routes of a test."""

import collections
import contextlib
import os
import random
import select
import socket
import struct
import threading
import time

from demo import bound

CHUNK, ROOM = 65536, 1 << 20
CONNECT_S = 1
RESET = struct.pack("ii", 1, 0)
THERE, BACK = "there", "back"  # as seen from who dialled


class Flow:
    """One direction of a connection: what was read of one end and is due at the other."""

    def __init__(self, route, way, source, sink):
        self.route, self.way, self.source, self.sink = route, way, source, sink
        self.waiting, self.octets = collections.deque(), 0  # (when it is due, octets; b"": the end)
        self.ended = self.shut = self.lost = False

    def wants_to_read(self):
        return not self.ended and self.octets < ROOM and self.way not in self.route.held

    def due(self):
        """When something is to be written; None: nothing is."""
        return self.waiting[0][0] if self.waiting and self.way not in self.route.held else None

    def read(self):
        data = self.source.recv(CHUNK)
        self.ended = not data
        if self.way in self.route.losing:
            self.lost = True
        elif not self.shut:
            last = self.waiting[-1][0] if self.waiting else 0
            self.waiting.append((max(last, time.monotonic() + self.route.draw_delay()), data))
            self.octets += len(data)

    def write(self):
        when, data = self.waiting.popleft()
        if not data:
            self.close_half()
            return
        sent = self.sink.send(data)
        self.octets -= sent
        if sent < len(data):
            self.waiting.appendleft((when, data[sent:]))

    def close_half(self):
        """The sink reads its end here, and whatever comes yet is lost."""
        self.waiting.clear()
        self.octets, self.shut = 0, True
        with contextlib.suppress(OSError):
            self.sink.shutdown(socket.SHUT_WR)


class Route:
    """Where one dials instead of a target, and what is wrong with it. Only the proxy's thread
    touches it; tests call Proxy's functions."""

    def __init__(self, target, seed):
        self.target, self.random = target, random.Random(seed)
        self.keeper = bound(0)
        self.port = self.keeper.getsockname()[1]
        self.held, self.losing, self.delay_s, self.pairs = set(), set(), None, []
        self.taken = 0  # connections
        self.listener = None
        self.heal()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def draw_delay(self):
        return 0 if self.delay_s is None else self.random.uniform(*self.delay_s)

    def accept(self):
        near, _ = self.listener.accept()
        try:
            host, port = self.target.rsplit(":", 1)
            far = socket.create_connection((host, int(port)), CONNECT_S)
        except OSError:
            self.reset(near)
            return
        self.taken += 1
        for end in (near, far):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pairs.append((Flow(self, THERE, near, far), Flow(self, BACK, far, near)))

    @staticmethod
    def reset(end):
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.close()

    def drop(self, pair):
        self.pairs.remove(pair)
        for flow in pair:
            self.reset(flow.source)

    # ---- what can be wrong ----

    def cut(self):
        for pair in list(self.pairs):
            self.drop(pair)

    def refuse(self):
        self.cut()
        if self.listener is not None:
            self.listener.close()
            self.listener = None

    def hold(self, *ways):
        """Nothing passes; what waits goes on when it is healed, as TCP sends it again."""
        self.held.update(ways)

    def lose(self, way):
        """What is sent disappears; a connection that lost something is cut when it is healed."""
        self.losing.add(way)

    def delay(self, least_s, most_s):
        self.delay_s = (least_s, most_s)

    def half_close(self, way):
        for pair in self.pairs:
            pair[way == BACK].close_half()

    def heal(self):
        self.held, self.losing, self.delay_s = set(), set(), None
        for pair in [pair for pair in self.pairs if any(flow.lost for flow in pair)]:
            self.drop(pair)
        if self.listener is None:
            self.listener = bound(self.port)
            self.listener.listen(64)
            self.listener.setblocking(False)


class Proxy:
    """All routes of a test."""

    def __init__(self):
        self.routes, self.orders = [], collections.deque()
        self.bell, self.rope = os.pipe()
        os.set_blocking(self.rope, False)
        self.goes_on, self.failure = True, None
        self.thread = threading.Thread(target=self.run, name="proxy", daemon=True)
        self.thread.start()

    def order(self, what, *words):
        """Has the thread do something; returns what it returned, once it is done."""
        done, answer = threading.Event(), []
        self.orders.append(lambda: (answer.append(what(*words)), done.set()))
        os.write(self.rope, b"!")
        while not done.wait(1):
            assert self.thread.is_alive(), f"the proxy ended: {self.failure!r}"
        return answer[0]

    def route(self, target, seed=0):
        """A new way to a target ("127.0.0.1:7443"), which is healthy."""
        found = Route(target, seed)
        self.order(self.routes.append, found)
        return found

    def stop(self):
        self.goes_on = False
        os.write(self.rope, b"!")
        self.thread.join()
        for route in self.routes:
            route.refuse()
            route.keeper.close()
        os.close(self.bell)
        os.close(self.rope)

    def run(self):
        try:
            while self.goes_on:
                self.turn()
        except BaseException as why:  # pylint: disable=broad-except
            self.failure = why
            raise

    def turn(self):
        while self.orders:
            self.orders.popleft()()
        reads, writes, wait_s = self.wishes()
        readable, writable, _ = select.select([self.bell, *reads], writes, [], wait_s)
        if self.bell in readable:
            os.read(self.bell, 4096)
        for route in self.routes:
            self.turn_route(route, set(readable), set(writable))

    def wishes(self):
        """Whom we would read, whom write, and how long nothing else is due."""
        now, wait_s, reads, writes = time.monotonic(), 1, [], []
        for route in self.routes:
            if route.listener is not None:
                reads.append(route.listener)
            for flow in (flow for pair in route.pairs for flow in pair):
                if flow.wants_to_read():
                    reads.append(flow.source)
                due = flow.due()
                if due is not None and due <= now:
                    writes.append(flow.sink)
                elif due is not None:
                    wait_s = min(wait_s, due - now)
        return reads, writes, wait_s

    @staticmethod
    def turn_route(route, readable, writable):
        for pair in list(route.pairs):
            try:
                for flow in pair:
                    if flow.source in readable and flow.wants_to_read():
                        flow.read()
                    due = flow.due()
                    if flow.sink in writable and due is not None and due <= time.monotonic():
                        flow.write()
            except BlockingIOError:
                continue
            except OSError:
                route.drop(pair)
                continue
            if all(flow.ended and not flow.waiting for flow in pair):
                route.drop(pair)
        if route.listener in readable:
            with contextlib.suppress(BlockingIOError):
                route.accept()
