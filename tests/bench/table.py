"""Results as people read them, and where they are kept."""

import json
import os
import platform
import sqlite3
import ssl
import statistics
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results.jsonl")
SYNCS = 50


def sync_ms():
    """How long this disk takes to keep 4 KiB."""
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(SYNCS):
            os.write(file.fileno(), bytes(4096))
            begin = time.monotonic()
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - begin) * 1e3)
    return round(statistics.median(took), 2)


def machine():
    """What the figures were measured on. Who else was busy is part of it."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(), "cores": os.cpu_count(),
            "kernel": platform.release().split("-")[0], "openssl": ssl.OPENSSL_VERSION.split()[1],
            "sqlite": sqlite3.sqlite_version, "fdatasync_ms": sync_ms(),
            "load_before": round(os.getloadavg()[0], 1)}


def amount(value, unit):
    if value is None:
        return "-"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def cells(row):
    return [row["case"], amount(row["value"], row["unit"]), amount(row["baseline"], row["unit"]),
            "-" if row["ratio"] is None else f"{row['ratio']:.2f}", row["goal"] or "-",
            str(row["runs"]), f"{row['spread'] * 100:.0f} %"]


HEADS = ["case", "value", "baseline", "ratio", "goal", "runs", "spread"]


def text(rows):
    lines = [HEADS, *map(cells, rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    aligned = ["  ".join([line[0].ljust(widths[0]),
                          *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:]))])
               for line in lines]
    return "\n".join([rows[0]["bench"], *("  " + line.rstrip() for line in aligned), ""])


def same_machine(found, before):
    return all(found[part] == before.get(part) for part in ("cpu", "cores", "kernel", "openssl",
                                                            "sqlite"))


def store(found, rows):
    """In the place of what was stored of these benches. Those of another machine go."""
    kept = []
    if os.path.exists(RESULTS):
        before, kept = stored()
        found["load_before"] = max(found["load_before"], before.get("load_before", 0))
        kept = kept if same_machine(found, before) else []
    new = {row["bench"]: [one for one in rows if one["bench"] == row["bench"]] for row in rows}
    names = dict.fromkeys([row["bench"] for row in (*kept, *rows)])
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write(json.dumps({"machine": found}) + "\n")
        for name in names:
            for row in new.get(name) or [one for one in kept if one["bench"] == name]:
                file.write(json.dumps(row) + "\n")


def stored(path=RESULTS):
    """The machine and the rows."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    return lines[0]["machine"], lines[1:]
