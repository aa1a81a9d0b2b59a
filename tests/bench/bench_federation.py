"""From a party at one gateway to a party at another: how many messages, how soon, how many octets
between the gateways, and what a partition leaves behind."""

import json
import time

import measure

FULL = {"runs": 3, "flood": 4000, "seconds": 3, "backlog": 4000}
QUICK = {"runs": 1, "flood": 100, "seconds": 0.5, "backlog": 100}
SHARE = 0.2  # of the highest rate
UP_S = 120


class Flow:
    """Messages on their way from SUBMIT to the recipient's link."""

    def __init__(self, gateways, taken_at, count):
        self.load, self.gateways, self.count = gateways, gateways.demo.gateways, count
        self.sealed = gateways.seal(count)
        self.taker = gateways.taker(count, taken_at)

    def __enter__(self):
        self.taker.ready()
        return self

    def __exit__(self, *failure):
        self.taker.__exit__(*failure)

    def send(self, rate=0):
        with self.load.sender(self.sealed, 4, int(rate)) as sender:
            sender.ready()
            self.cpu = sum(measure.cpu_us(gateway.pid) for gateway in self.gateways)
            sender.go()
            self.began_ns = self.load.sent(sender, self.count)["began_ns"]
        self.gap_ns = 1e9 / int(rate) if rate else 0

    def arrive(self):
        self.arrived = self.load.taken(self.taker, self.count)
        used = sum(measure.cpu_us(gateway.pid) for gateway in self.gateways) - self.cpu
        self.cpu_us = used / self.count
        due = {row[0]: self.began_ns + i * self.gap_ns
               for i, row in enumerate(self.sealed.rows)}
        measure.need(due.keys() == {one.id for one in self.arrived}, "others came than were sent")
        self.took_ms = sorted((one.ns - due[one.id]) / 1e6 for one in self.arrived)

    @property
    def rate(self):
        return self.count / (self.arrived[-1].ns - self.began_ns) * 1e9

    @property
    def median_ms(self):
        return self.took_ms[self.count // 2]

    @property
    def p99_ms(self):
        return self.took_ms[self.count - 1 - self.count // 100]


def flow(gateways, taken_at, count, rate=0):
    with Flow(gateways, taken_at, count) as found:
        found.send(rate)
        found.arrive()
    return found


class Relay(measure.fast.Talker):
    """What the gateways' link goes through."""

    def __init__(self, gateways):
        super().__init__(measure.program("relay"), gateways.demo.at("XC").address)
        self.address = self.line()

    def order(self, word):
        """Octets so far, both ways."""
        self.go(word)
        counted = json.loads(self.line())
        return counted["there"] + counted["back"]


def lead_through(gateways, relay):
    """The directory names the relay's address instead of XC-GW-01's own."""
    first, second = gateways.demo.gateways
    path = f"{gateways.demo.dir}/rulebook/states/demo"
    text = measure.demo.read(path).decode()
    for gateway in (first, second):
        gateway.end()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(f'"{second.address}"', f'"{relay.address}"'))
    measure.demo.reissue(gateways.demo.pki, f"{gateways.demo.dir}/rulebook", "states")
    said = len(first.said())
    second.start()
    first.start()
    measure.demo.until(lambda: first.events("peer.up", said), "the gateways are linked", UP_S)


def document_octets():
    """What a program that sends the same in clear would write."""
    with open(measure.fast.DOCUMENT, encoding="utf-8") as file:
        return len(json.dumps(json.load(file), separators=(",", ":")).encode())


def one_gateway(size):
    """The same with both parties at one gateway: as fast as it goes, and at a pace."""
    with measure.Gateway() as gateway:
        fast = flow(gateway, None, size["flood"])
        pace = max(1, fast.rate * SHARE)
        return fast, flow(gateway, None, max(1, int(pace * size["seconds"])), pace)


def rates(cases, gateways, size):
    """Gives the highest rate."""
    there = gateways.demo.at("XC")
    bare, bare_paced = one_gateway(size)
    fast = flow(gateways, there, size["flood"])
    pace = max(1, fast.rate * SHARE)
    paced = flow(gateways, there, max(1, int(pace * size["seconds"])), pace)
    cases.add("messages end to end", "1/s", fast.rate, bare.rate, measure.value_per_baseline)
    cases.add("CPU of both gateways per message", "us", fast.cpu_us, bare.cpu_us,
              measure.baseline_per_value)
    cases.add("end to end at 20 % of that, median", "ms", paced.median_ms, bare_paced.median_ms,
              measure.value_per_baseline)
    cases.add("end to end at 20 % of that, p99", "ms", paced.p99_ms, bare_paced.p99_ms,
              measure.value_per_baseline)
    return fast.rate


def octets(cases, gateways, relay, count, pace):
    """Both ways, TLS, stages and credits among them."""
    before = relay.order("count")
    flow(gateways, gateways.demo.at("XC"), count, pace)
    cases.add("octets between the gateways per message", "B",
              (relay.order("count") - before) / count, document_octets(),
              measure.value_per_baseline)


def partition(cases, gateways, relay, count, rate):
    """The gateways lose each other; what is sent meanwhile goes when they are back."""
    with Flow(gateways, gateways.demo.at("XC"), count) as backlog:
        relay.order("cut")
        begin = time.monotonic_ns()
        backlog.send()
        relay.order("heal")
        healed = time.monotonic_ns()
        backlog.arrive()
    first, last = backlog.arrived[0].ns, backlog.arrived[-1].ns
    cases.add("a partition lasted", "s", (healed - begin) / 1e9)
    cases.add("until the first message came after it", "s", (first - healed) / 1e9)
    cases.add(f"until all {count} had come", "s", (last - healed) / 1e9)
    cases.add("messages end to end out of the backlog", "1/s", (count - 1) / (last - first) * 1e9,
              rate, measure.value_per_baseline)


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("federation")
    for i in range(size["runs"]):
        say(f"federation: run {i + 1} of {size['runs']}")
        with measure.Gateway(("XA", "XC")) as gateways:
            rate = rates(cases, gateways, size)
            with Relay(gateways) as relay:
                lead_through(gateways, relay)
                octets(cases, gateways, relay, size["flood"] // 4, max(1, rate * SHARE))
                partition(cases, gateways, relay, size["backlog"], rate)
    return cases.rows()
