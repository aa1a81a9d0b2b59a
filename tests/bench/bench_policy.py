"""What the law costs a message of 40 fields and five persons, beside masks with nothing around them
and beside Cedar, which decides as many fields of as many persons call by call."""

import json
import os
import subprocess

import measure

FULL = {"runs": 5, "rules": 5000, "rounds": 20000, "cedar_rules": 500, "cedar_rounds": 100}
QUICK = {"runs": 1, "rules": 200, "rounds": 200, "cedar_rules": 20, "cedar_rounds": 10}
TESTS = os.path.dirname(measure.HERE)
POLICIES = os.path.join(os.path.dirname(TESTS), "policies")
CEDAR = os.path.join(TESTS, "cedar")
ABSENT = 77


def decided(size, spread, rules=None):
    """The program's figures, all in nanoseconds or octets."""
    words = [measure.program("policy"), POLICIES, str(size["rules"] if rules is None else rules),
             str(size["rounds"]), spread]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    measure.need(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)


def add_levels(cases, found, rules, which):
    for part, name, goal in (("levels", "median", "<= 3"), ("levels_p99", "p99", "<= 10")):
        masks = found["masks_p99_ns" if part.endswith("p99") else "masks_ns"]
        cases.add(f"levels, {rules} rules{which}: {name}", "us", found[f"{part}_ns"] / 1e3,
                  masks / 1e3, measure.value_per_baseline, goal)


def add_apart(cases, found):
    """What is beside the levels, and grows with the message and not with the law."""
    cases.add("reading the fields into tests", "us", found["facts_ns"] / 1e3)
    cases.add("looking for leaks", "us", found["leaks_ns"] / 1e3)
    cases.add("a whole decision", "us", found["whole_ns"] / 1e3)


def add_law(cases, found, rules):
    cases.add(f"reading a rulebook of {rules} rules", "ms", found["load_ns"] / 1e6)
    cases.add("memory of its law", "KiB", found["law_bytes"] / 1024)
    cases.add("a lane, when first used", "ms", found["lane_ns"] / 1e6)
    cases.add("memory of a lane", "KiB", found["lane_bytes"] / 1024)


def cedar_modules(quick, say):
    """Where Cedar is, or None where it cannot be had. The short form fetches nothing."""
    folder = os.path.join(os.path.dirname(os.path.dirname(measure.program("policy"))), "cedar")
    done = subprocess.run([os.path.join(CEDAR, "modules"), folder, *(["there"] if quick else [])],
                          capture_output=True, text=True, check=False)
    if done.returncode == ABSENT:
        say(f"policy: Cedar is left out: {done.stdout.strip()}")
        return None
    measure.need(done.returncode == 0, done.stderr)
    return os.path.join(folder, "node_modules")


def add_cedar(cases, size, modules):
    """Here the value is Cedar's and the baseline is ours, by the same law for the same messages."""
    words = ["node", os.path.join(CEDAR, "speed.cjs"), measure.program("policy"), POLICIES, modules,
             *(str(size[name]) for name in ("cedar_rules", "rounds", "cedar_rounds"))]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    measure.need(done.returncode == 0, done.stderr)
    found = json.loads(done.stdout)
    case = f"levels by Cedar in WebAssembly beside ours, {size['cedar_rules']} rules"
    for part, name in (("levels", "median"), ("levels_p99", "p99")):
        cases.add(f"{case}: {name}", "us", found["cedar"][f"{part}_ns"] / 1e3,
                  found["ours"][f"{part}_ns"] / 1e3, measure.value_per_baseline)


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("policy")
    rules = f"{size['rules']:,}"
    modules = cedar_modules(quick, say)
    for i in range(size["runs"]):
        say(f"policy: run {i + 1} of {size['runs']}")
        found = decided(size, "parties")
        add_levels(cases, found, rules, "")
        add_levels(cases, decided(size, "none"), rules, " for everybody")
        add_apart(cases, found)
        shown = decided(size, "shown", 0)
        measure.need(shown["derived"] > 0, "nothing was shown as a pseudonym")
        cases.add("a pseudonym", "us", shown["transforms_ns"] / shown["derived"] / 1e3)
        add_law(cases, found, rules)
        if modules is not None:
            add_cedar(cases, size, modules)
    return cases.rows()
