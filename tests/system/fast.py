"""Messages by the thousand: the load programs of tests/bench, which seal them beforehand and write
frames by hand, driven for tests and for benches. ctest names their folder in COMITY_TEST_PROGRAMS.
"""

import collections
import json
import os
import select
import subprocess
import tempfile

import demo

PROGRAMS = os.environ["COMITY_TEST_PROGRAMS"]
DOCUMENT = os.path.join(demo.TESTS, "bench", "request.json")
SENDER, RECIPIENT = "XA-CA-01", "XC-CA-01"
DEADLINE_S = 180
SLOWEST = 10  # messages a second, with sanitizers on a machine that does other things as well

Sealed = collections.namedtuple("Sealed", "path rows octets")  # rows: (id, thread) of each
Arrival = collections.namedtuple("Arrival", "id thread ns")  # ns of the monotonic clock


def program(name):
    return os.path.join(PROGRAMS, f"bench_{name}")


def need(holds, what):
    """What a program could not do is no result."""
    if not holds:
        raise AssertionError(what)


class Talker:
    """A program of ours that is told when to go on by lines, and says lines of JSON."""

    def __init__(self, *words, nice=0):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, preexec_fn=lambda: os.nice(nice))

    def line(self, seconds=DEADLINE_S):
        """The next line; they come one at a time."""
        name = os.path.basename(self.process.args[0])
        said = select.select([self.process.stdout], [], [], seconds)[0]
        need(said, f"{name} said nothing for {seconds} s")
        text = self.process.stdout.readline().strip()
        need(text, f"{name} ended before it was done")
        return text

    def ready(self):
        need(self.line() == "ready", "the links did not open")

    def go(self, line=""):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        """Closes its standard input; the rest of what it says."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        need(self.process.wait(timeout=DEADLINE_S) == 0, f"{self.process.args[0]} failed")
        return rest

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Load:
    """What parties of a demo send and take."""

    def __init__(self, demonstration):
        self.demo = demonstration
        self.folder = tempfile.mkdtemp(dir=os.path.dirname(demonstration.dir))

    def file(self, name):
        return os.path.join(self.folder, name)

    def party_file(self, party, name):
        return f"{self.demo.pki}/{party[:2]}/parties/{party}/{name}"

    def documents(self, threads):
        """The document once for each thread."""
        with open(DOCUMENT, encoding="utf-8") as file:
            document = json.load(file)
        for number, thread in enumerate(threads):
            path = self.file(f"document-{number}")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(dict(document, thread=thread), file)
            yield path

    def seal(self, count, threads=(), name="messages"):
        """Seals messages into a file, now: their time must be near that of their acceptance. Each
        begins a thread of its own, or they are of these in turn."""
        done = demo.run(program("seal"), f"{self.demo.dir}/rulebook", SENDER, RECIPIENT,
                        self.party_file(SENDER, "seal.crt"), self.party_file(SENDER, "seal.key"),
                        str(count), self.file(name), *(self.documents(threads) if threads
                                                       else (DOCUMENT,)))
        need(done.code == 0, done.err)
        need(done.json["fields"] == 40, f"a message of {done.json['fields']} fields, not 40")
        rows = [tuple(line.split())
                for line in demo.read(self.file(f"{name}.index")).decode().splitlines()]
        return Sealed(self.file(name), rows, done.json["octets"])

    def party(self, role, *words, gateway=None, address=None, nice=0):
        """Starts parties with links to a gateway, the demo's first if no other."""
        gateway = gateway or self.demo
        return Talker(program("load"), self.demo.dir, gateway.id, address or gateway.address, role,
                      *map(str, words), nice=nice)

    def sender(self, sealed, links=1, rate=0):
        """Sends all of it when it is told to go. Over one link they are accepted in their order."""
        return self.party("send", SENDER, links, sealed.path, 0, len(sealed.rows), rate)

    @staticmethod
    def sent(sender, count):
        """What it says once all is answered, which must be with receipts."""
        result = json.loads(sender.line(DEADLINE_S + count / SLOWEST))
        sender.end()
        need(result["receipts"] == count and result["others"] == 0,
             f"{result['others']} of {count} messages were not answered with a receipt")
        return result

    def send_all(self, sealed, **how):
        with self.sender(sealed, **how) as sender:
            sender.ready()
            sender.go()
            return self.sent(sender, len(sealed.rows))

    def taker(self, count, gateway=None, name="arrivals"):
        """Takes so many at their recipient's gateway."""
        return self.party("take", RECIPIENT, 1, count, self.file(name), gateway=gateway)

    def taken(self, taker, count, name="arrivals"):
        """Once all have come, how they came."""
        delivered = json.loads(taker.line(DEADLINE_S + count / SLOWEST))["delivered"]
        taker.end()
        need(delivered == count, f"{delivered} of {count} messages were delivered")
        lines = demo.read(self.file(name)).decode().splitlines()
        return [Arrival(found[0], found[1], int(found[2])) for found in map(str.split, lines)]
