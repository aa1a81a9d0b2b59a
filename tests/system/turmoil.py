"""A demo of three States with a bad network between its gateways, and what can happen to either:
each gateway has a rulebook of its own, in which the others are at addresses of the proxy."""

import collections
import os
import random
import shutil
import signal
import time

import demo
import disk
import proxy
import texts
import wrong_clock

STATES = ("XA", "XB", "XC")
DIALLED = (("XA", "XB"), ("XA", "XC"))  # by whom, who: the routes that messages go
CRAMPED = "XC"  # whose journal has a small disk
DELAY_S = (0.05, 0.5)
FAULT_S, LONG_FAULT_S = (0.3, 3), 50  # long: more than a link waits for its other end
FROZEN_S = (0.2, 3)
JUMPS_S = ((2, 240), (wrong_clock.WINDOW_S + 1, wrong_clock.WINDOW_S + 8))  # forward or back
LONG_JUMP = 0.3  # how often it is beyond the window
MIB = 1 << 20


class Node:
    """A gateway of the chaos, perhaps with a small disk for its journal."""

    def __init__(self, gateway):
        self.gateway, self.words, self.room, self.was_restored = gateway, (), None, False
        self.clock = wrong_clock.Clock(os.path.join(gateway.folder, "clock"))
        gateway.own_env = self.clock.env

    def journal(self):
        """A copy, once it has ended: SQLite would look for the journal outside of the room."""
        place = f"{self.gateway.folder}/journal.ended"
        shutil.copytree(self.room.inside if self.room else self.gateway.journal, place)
        return place

    def confine(self, size):
        """The gateway has ended."""
        self.gateway.limit(ballast="2MiB", floor="4MiB")
        self.room = disk.Room(self.gateway.journal, size)
        self.words = self.room.words

    def start(self):
        self.gateway.start(*self.words)

    def own_rulebook(self, pki, shared, addresses):
        """A copy with other gateways at other addresses; law and parties are the same."""
        mine = texts.own_rulebook(self.gateway, shared)
        for there, route in addresses.items():
            texts.change(f"{mine}/states/demo", f'"{there}"', f'"{route}"')
        demo.reissue(pki, mine, "states")


class World:
    """The demo, its bad network, and what can happen to either."""

    def __init__(self, span_s, seed, cramped):
        self.random, self.span_s = random.Random(seed), span_s
        self.demo, self.proxy, self.happened = wrong_clock.old_demo(STATES), proxy.Proxy(), []
        self.nodes = {state: Node(self.demo.at(state)) for state in STATES}
        self.routes = {}
        for node in self.nodes.values():
            node.gateway.end()
        for here, there in DIALLED:
            self.routes[here, there] = self.proxy.route(self.demo.at(there).address,
                                                        self.random.random())
        for state, node in self.nodes.items():
            node.own_rulebook(self.demo.pki, f"{self.demo.dir}/rulebook", {
                self.demo.at(there).address: route.address
                for (here, there), route in self.routes.items() if here == state})
        if cramped:
            self.nodes[CRAMPED].confine((256 if span_s > 100 else 48) * MIB)
        for node in self.nodes.values():
            node.start()
        self.healing, self.bag = {}, []  # when, by route; what is still to happen to a gateway

    def note(self, *words):
        self.happened.append(words)

    # ---- the network ----

    def spoil(self):
        """Something happens to a route, until it heals."""
        name, route = self.random.choice(sorted(self.routes.items()))
        way = self.random.choice((proxy.THERE, proxy.BACK))
        what, words = self.random.choice([
            (route.cut, ()), (route.refuse, ()), (route.hold, (proxy.THERE, proxy.BACK)),
            (route.hold, (way,)), (route.lose, (way,)), (route.delay, DELAY_S),
            (route.half_close, (way,))])
        lasts_s = self.random.uniform(*FAULT_S)
        if self.span_s > 2 * LONG_FAULT_S and self.random.random() < 0.05:
            lasts_s = LONG_FAULT_S
        self.note(what.__name__, name, words, round(lasts_s, 2))
        self.proxy.order(what, *words)
        self.healing[name] = time.monotonic() + lasts_s

    def heal(self, everything=False):
        for name, when in list(self.healing.items()):
            if everything or when < time.monotonic():
                self.proxy.order(self.routes[name].heal)
                del self.healing[name]

    # ---- the gateways ----

    def kill(self, node):
        node.gateway.end(signal.SIGKILL)
        node.start()

    def freeze(self, node):
        node.gateway.freeze()
        self.pause(*FROZEN_S)
        node.gateway.thaw()

    @staticmethod
    def reload(node):
        before = len(node.gateway.said())
        os.kill(node.gateway.pid, signal.SIGHUP)
        demo.until(lambda: node.gateway.events("reload.done", before), "it is reloaded")

    def fill(self, node):
        """No room at all, or so little that new work is refused."""
        try:
            node.room.fill(self.random.choice((0, 3 * MIB)))
        except OSError:
            pass  # the journal was quicker
        self.pause(*FAULT_S)
        killed = self.random.random() < 0.3
        if killed:
            node.gateway.end(signal.SIGKILL)
            killed = not self.starts(node)
        node.room.make_room()
        if killed:
            node.start()

    @staticmethod
    def starts(node):
        """Whether it does: where even the ballast is used up it says so and ends, to be started
        again when there is room."""
        try:
            node.start()
        except AssertionError as ended:
            if "lock database is full" not in str(ended):
                raise
            return False
        return True

    def jump(self, node):
        """The clock is wrong for a while; sometimes the gateway starts with it so."""
        seconds = self.random.uniform(*JUMPS_S[self.random.random() < LONG_JUMP])
        seconds *= self.random.choice((1, -1))
        self.happened[-1] += (round(seconds),)
        with node.clock.wrong_by(round(seconds * 1000)):
            self.pause(*FAULT_S)
            if self.random.random() < 0.3:
                self.kill(node)
                self.pause(*FAULT_S)

    def restore(self, node):
        """Its journal is lost some time after a backup. New messages of its own parties wait from
        before, as the operator is told to have it; what comes from others goes on. Once each: what
        it loses again within the hour its peers tell it only after that."""
        backup = os.path.join(demo.temporary_folder(), "backup")
        os.chmod(os.path.dirname(backup), 0o777)
        for words in ("drain",), ("backup", backup):
            self.demo.admin(node.gateway, *words, before=node.words)
        self.pause(*FAULT_S)
        node.gateway.end()
        done = self.demo.admin(node.gateway, "restore", backup, before=node.words)
        self.happened[-1] += (done["lost"],)
        node.was_restored = True
        node.start()

    def whom(self, what):
        """The States whose gateways it can happen to."""
        if what == self.fill:
            return [CRAMPED] if self.nodes[CRAMPED].room else []
        return [state for state, node in self.nodes.items()
                if what != self.restore or not node.was_restored]

    def disturb(self):
        """All that can happen to a gateway, in any order, before any of it happens again."""
        if not self.bag:
            self.bag = [what for what in (self.kill, self.freeze, self.reload, self.jump,
                                          self.fill, self.restore) if self.whom(what)]
            self.random.shuffle(self.bag)
        what = self.bag.pop()
        state = self.random.choice(self.whom(what))
        self.note(what.__name__, state)
        what(self.nodes[state])

    def pause(self, least_s, most_s):
        time.sleep(self.random.uniform(least_s, most_s))  # how long it is so is what is tested

    def rage(self):
        end = time.monotonic() + self.span_s
        while time.monotonic() < end:
            self.heal()
            if self.random.random() < 0.7:
                self.spoil()
            else:
                self.disturb()
            self.pause(0.05, 0.6)
        self.heal(everything=True)

    def counts(self):
        return dict(sorted(collections.Counter(row[0] for row in self.happened).items()))

    def end(self):
        self.proxy.stop()
        self.demo.down()
        for node in self.nodes.values():
            if node.room:
                node.room.end()
