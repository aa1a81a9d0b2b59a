"""How many messages a gateway acknowledges durably, how soon, and what each one costs."""

import json
import os
import shutil

import measure

FULL = {"runs": 3, "flood": 8000, "seconds": 3, "taken": 4000}
QUICK = {"runs": 1, "flood": 200, "seconds": 0.2, "taken": 100}
PACE = 1000  # messages a second


def bare(gateway, count, batch):
    """The same messages and the same rows in a loop without any gateway."""
    folder = gateway.file("bare")
    os.makedirs(folder)
    done = measure.demo.run(
        measure.program("bare_exchange"), gateway.party_file(measure.SENDER, "seal.crt"),
        gateway.file("messages"), str(count), str(batch),
        os.path.join(gateway.demo.gateway["journal"], "journal.db"), folder)
    measure.need(done.code == 0, done.err)
    shutil.rmtree(folder)
    return json.loads(done.out)


def flood(cases, gateway, count):
    """As fast as credits allow, nobody there to take the messages. Gives messages a second."""
    result = gateway.send(count)
    rate, batch = count / result["seconds"], count / result["batches"]
    base = bare(gateway, count, max(1, round(batch)))
    cases.add("messages acknowledged", "1/s", rate, count / base["seconds"],
              measure.value_per_baseline)
    cases.add("CPU of comityd per message", "us", result["cpu_us"], base["cpu_us"],
              measure.baseline_per_value, ">= 0.5")
    cases.add("messages per commit, in both", "messages", batch)
    cases.add("of the bare loop: seal and digests", "us", base["verify_us"])
    cases.add("of the bare loop: rows and lock", "us", base["rows_us"])
    cases.add("of the bare loop: signature", "us", base["sign_us"])
    return rate


def paced(cases, gateway, name, rate, seconds):
    """Each message at its time, however late the answers are."""
    result = gateway.send(max(1, int(rate * seconds)), max(1, int(rate)))
    cases.add(f"acknowledged at {name}, median", "ms", result["median_us"] / 1e3)
    cases.add(f"acknowledged at {name}, p99", "ms", result["p99_us"] / 1e3)
    cases.add(f"CPU of comityd per message at {name}", "us", result["cpu_us"])


def taken(cases, gateway, count):
    """With a recipient that takes all of it: until the last message is delivered."""
    with gateway.taker(count) as taker:
        taker.ready()

        def beside():
            before = measure.cpu_us(gateway.pid)

            def after():
                gateway.taken(taker, count)
                cases.add("CPU of comityd per message with delivery", "us",
                          (measure.cpu_us(gateway.pid) - before) / count)
            return after
        result = gateway.send(count, beside=beside)
        cases.add("messages acknowledged with delivery", "1/s", count / result["seconds"])


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("exchange")
    for i in range(size["runs"]):
        say(f"exchange: run {i + 1} of {size['runs']}")
        with measure.Gateway() as gateway:
            rate = flood(cases, gateway, size["flood"])
            paced(cases, gateway, "20 % of that", rate / 5, size["seconds"])
            paced(cases, gateway, f"{PACE}/s", PACE, size["seconds"])
            log = gateway.demo.settled_size()
            measure.need(log >= size["flood"], f"the log has {log} entries only")
        with measure.Gateway() as gateway:
            taken(cases, gateway, size["taken"])
    return cases.rows()
