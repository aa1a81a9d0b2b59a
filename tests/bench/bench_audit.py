"""What the log costs who writes it, who reads it whole, and who looks something up in it."""

import json
import os
import subprocess
import tempfile

import measure

FULL = {"runs": 3, "appended": 30000, "read": 1000000, "kept": 1000000, "queries": 1000}
QUICK = {"runs": 1, "appended": 200, "read": 1000, "kept": 1000, "queries": 20}
ASKED = (("marks", "a page by two to five marks, some within a month", "<= 50"),
         ("apart", "two common marks that no entry has both of", "<= 50"),
         ("counted", "how many have two to five marks", None),
         ("words", "a page by two words", "<= 200"))


def figures(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    measure.need(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)


def add_appending(cases, count, folder):
    found = figures(measure.program("append"), folder, str(count))
    cases.add("disclosures of 40 fields appended, sealed and published", "1/s",
              count / found["seconds"], count / found["bare_seconds"], measure.value_per_baseline)
    cases.add("journal for each, with 2 KiB of message", "B", found["octets"])


def octets_below(folder):
    return sum(os.path.getsize(os.path.join(place, name))
               for place, _, names in os.walk(folder) for name in names)


def add_reading(cases, count, folder):
    log = os.path.join(folder, "log")
    made = os.path.join(os.environ["COMITY_TEST_PROGRAMS"], "make_log")
    done = subprocess.run([made, log, str(count)], capture_output=True, text=True, check=False)
    measure.need(done.returncode == 0, done.stderr)
    found = figures(measure.program("whole"), log, done.stdout.strip())
    cases.add(f"a log of {count} entries verified whole", "s", found["seconds"],
              found["bare_seconds"], measure.baseline_per_value)
    cases.add("published log for each entry", "B", octets_below(log) / count)
    return found["bare_seconds"] / count


def add_searching(cases, size, folder, hash_seconds):
    """hash_seconds: of the hashes alone that the tree has for each entry."""
    found = figures(measure.program("search"), os.path.join(folder, "mirror"), str(size["kept"]),
                    str(size["queries"]))
    cases.add("entries with openings put into a mirror", "1/s", size["kept"] / found["seconds"])
    cases.add(f"a mirror of {size['kept']} entries verified whole", "s", found["verified_seconds"],
              size["kept"] * hash_seconds, measure.baseline_per_value)
    cases.add("mirror for each entry", "B", found["octets"])
    for part, case, goal in ASKED:
        for name, kind in (("median", ""), ("p99", "_p99")):
            cases.add(f"{case}, of {size['kept']} entries: {name}", "ms",
                      found[f"{part}{kind}_ns"] / 1e6, found[f"bare{kind}_ns"] / 1e6,
                      measure.value_per_baseline, goal if name == "p99" else None)


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("audit")
    for i in range(size["runs"]):
        say(f"audit: run {i + 1} of {size['runs']}")
        with tempfile.TemporaryDirectory(prefix="comity-bench-") as folder:
            add_appending(cases, size["appended"], folder)
            hash_seconds = add_reading(cases, size["read"], folder)
            add_searching(cases, size, folder, hash_seconds)
    return cases.rows()
