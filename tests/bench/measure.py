"""What the benches share: a demo of their own, readings of /proc, and rows."""

import os
import re
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(os.path.dirname(HERE), "system"))

import demo  # noqa: E402  (finds the programs in COMITY_PROGRAMS)
import fast  # noqa: E402
from fast import RECIPIENT, SENDER, need, program  # noqa: E402, F401


def cpu_us(pid):
    return demo.processor_s(pid) * 1e6


def memory_kib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", demo.read(f"/proc/{pid}/status").decode()).group(1))


class Gateway(fast.Load):
    """A demo whose gateway is measured, or that of each State."""

    def __init__(self, states=None):
        super().__init__(demo.Demo(states))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.demo.down()
        found = self.demo.end_reports()
        need(not found, found)

    @property
    def pid(self):
        return self.demo.pid

    def send(self, count, rate=0, links=4, beside=None):
        """Sends sealed messages; what the load program and /proc say of that. beside is called
        before the first message and gives what is called after the last one."""
        with self.sender(self.seal(count), links, rate) as sender:
            sender.ready()
            after = beside() if beside is not None else None
            before = cpu_us(self.pid)
            sender.go()
            result = self.sent(sender, count)
            if after is not None:
                after()
            result["cpu_us"] = (cpu_us(self.pid) - before) / count
        return result

    def add_parties(self, count):
        """Gives Arvenia that many police offices: one party may not have thousands of links."""
        names = [f"XA-POL-{i:02}" for i in range(1, count + 1)]
        words = [word for name in names for word in ("--party", name)]
        done = demo.run(os.path.join(demo.SOURCE, "certs", "make-demo-pki"), "--dir",
                        self.demo.pki, *words)
        need(done.code == 0, done.err)
        path = f"{self.demo.dir}/rulebook/parties/XA/demo"
        text = demo.read(path).decode()
        row = re.search(r"(?m)^  party XA-CA-01 .*$", text).group(0)
        with open(path, "a", encoding="utf-8") as file:
            for name in names:
                file.write(row.replace(SENDER, name) + "\n")
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "parties:XA")
        return ",".join(names)

    def set_limits(self, **limits):
        """Takes effect with the next start."""
        text = demo.read(self.demo.config).decode()
        more = "limits:\n" + "".join(f"  {k}: '{v}'\n" for k, v in limits.items())
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^limits:\n", more, text) if "\nlimits:" in text
                       else text + more)

    def start_anew(self):
        """Another process, with an empty journal."""
        self.demo.end()
        for kept in (self.demo.gateway["journal"], self.demo.log, f"{self.demo.folder}/lock"):
            for path in list(demo.files_below(kept)):
                os.unlink(path)
        self.demo.start()


class BareTls(fast.Talker):
    """OpenSSL and nothing else, with the gateway's certificate, CAs and revocation lists."""

    def __init__(self, gateway, mode):
        pki = gateway.demo.pki
        for name, part in (("cas", "ca.crt"), ("crls", "crl.pem")):
            with open(gateway.file(name), "wb") as file:
                file.write(demo.read(f"{pki}/XA/{part}") + demo.read(f"{pki}/XC/{part}"))
        own = f"{pki}/XA/gateways/XA-GW-01"
        super().__init__(program("bare_tls"), f"{own}/tls.crt", f"{own}/tls.key",
                         gateway.file("cas"), gateway.file("crls"), mode)
        self.address = self.line()
        self.pid = self.process.pid


class Series:
    """One case over several runs: its values, and those of the baseline beside it."""

    def __init__(self, bench, case, unit, compare=None, goal=None):
        self.bench, self.case, self.unit, self.compare, self.goal = bench, case, unit, compare, goal
        self.values, self.baselines = [], []

    def add(self, value, baseline=None):
        self.values.append(value)
        if baseline is not None:
            self.baselines.append(baseline)

    def row(self):
        value = statistics.median(self.values)
        ratios = [self.compare(v, b) for v, b in zip(self.values, self.baselines) if v and b]
        return {
            "bench": self.bench, "case": self.case, "value": rounded(value), "unit": self.unit,
            "baseline": rounded(statistics.median(self.baselines)) if self.baselines else None,
            "ratio": round(statistics.median(ratios), 2) if ratios else None,
            "runs": len(self.values),
            "spread": round((max(self.values) - min(self.values)) / value, 2) if value else 0,
            "goal": self.goal,
        }


def rounded(value):
    """Three digits are more than what is measured is worth."""
    return round(value, 1) if value >= 100 else round(value, 2)


def baseline_per_value(value, baseline):
    """For costs: which part of what is spent the bare loop spends, too."""
    return baseline / value


def value_per_baseline(value, baseline):
    return value / baseline


class Cases:
    """The cases of one bench, in the order in which they first come."""

    def __init__(self, bench):
        self.bench, self.series = bench, {}

    def add(self, case, unit, value, baseline=None, compare=None, goal=None):
        if case not in self.series:
            self.series[case] = Series(self.bench, case, unit, compare, goal)
        self.series[case].add(value, baseline)

    def rows(self):
        return [series.row() for series in self.series.values()]
