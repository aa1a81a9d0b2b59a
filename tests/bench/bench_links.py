"""What idle links cost, and what links that behave badly do to those that work."""

import contextlib
import json

import measure

FULL = {"runs": 5, "parties": 50, "few": 1000, "many": 5000, "storm": 1000, "rude": 100,
        "rate": 300, "seconds": 3}
QUICK = {"runs": 1, "parties": 2, "few": 10, "many": 40, "storm": 20, "rude": 10,
         "rate": 50, "seconds": 0.4}
NICE = 19  # of whoever is not measured: in earnest they are other machines


class Bench:
    def __init__(self, gateway, cases, size):
        self.gateway, self.cases, self.size = gateway, cases, size
        self.parties = gateway.add_parties(size["parties"])
        gateway.set_limits(links=2 * size["many"] + 1000)
        self.calm_ms = None
        self.ended = 0  # while links were opened: who was late with its greeting came again

    def opened(self, holder, count):
        told = json.loads(holder.line())
        measure.need(told["open"] == count, f"{told['open']} of {count} links are open")
        self.ended = told["ended"]

    def hold(self, pid, holder):
        """Octets of memory per link, for the smaller and the larger number."""
        found, before = [], measure.memory_kib(pid)
        for i, count in enumerate((self.size["few"], self.size["many"])):
            if i > 0:
                holder.go()
            self.opened(holder, count)
            found.append((measure.memory_kib(pid) - before) / count)
        return found

    def holder(self, how, address=None):
        return self.gateway.party("hold", self.parties, how, self.size["few"], self.size["many"],
                                 address=address, nice=NICE)

    def live_ms(self):
        """p99 of messages that are sent at their times."""
        rate = self.size["rate"]
        return self.gateway.send(int(rate * self.size["seconds"]), rate)["p99_us"] / 1e3

    def beside(self, what):
        value = self.live_ms()
        self.cases.add(f"p99 of live messages beside {what}", "ms", value, self.calm_ms,
                       measure.value_per_baseline, "<= 3")

    def calm(self):
        """Anew before each case, for the disk has moods of its own."""
        self.calm_ms = self.live_ms()
        self.cases.add("p99 of live messages alone", "ms", self.calm_ms)

    def memory(self):
        with measure.BareTls(self.gateway, "hold") as server, \
                self.holder("silent", server.address) as holder:
            bare = self.hold(server.pid, holder)
            holder.end()
            server.end()
        with self.holder("greet") as holder:
            ours = self.hold(self.gateway.pid, holder)
            for count, value, base in zip((self.size["few"], self.size["many"]), ours, bare):
                self.cases.add(f"memory of an idle link, of {count}", "KiB", value, base,
                               measure.value_per_baseline, "<= 30 KiB")
            self.beside(f"{self.size['many']} idle links")
            ended = json.loads(holder.end().splitlines()[-1])["ended"] - self.ended
            measure.need(ended == 0, f"{ended} idle links were ended")

    @contextlib.contextmanager
    def rude(self, role, *words):
        self.calm()
        with self.gateway.party(role, *words, nice=NICE) as load:
            load.ready()
            load.go()
            yield load

    def rude_links(self):
        count = self.size["rude"]
        with self.rude("deaf", measure.RECIPIENT, count) as load:
            self.beside(f"{count} links that do not read")
            load.end()
        slow = self.gateway.seal(1, name="slow").path
        with self.rude("slow", self.parties, count, slow) as load:
            self.beside(f"{count} links that write octet by octet")
            load.end()

    def storm(self):
        count = self.size["storm"]
        with self.rude("storm", self.parties, count) as load:
            self.beside(f"{count} links that reconnect at once, again and again")
            result = json.loads(load.end())
        self.cases.add(f"until {count} links are back", "s", result["longest_s"])

    def daemon(self, when, goal=None):
        memory = measure.memory_kib(self.gateway.pid) / 1024
        self.cases.add(f"memory of the daemon, {when}", "MiB", memory, goal=goal)

    def run(self):
        """One run, by a gateway that has just started."""
        self.gateway.start_anew()
        self.daemon("idle", "<= 20 MiB")
        self.calm()
        self.daemon("after these messages")
        self.memory()
        self.rude_links()
        self.storm()


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("links")
    with measure.Gateway() as gateway:
        bench = Bench(gateway, cases, size)
        for i in range(size["runs"]):
            say(f"links: run {i + 1} of {size['runs']}")
            bench.run()
    return cases.rows()
