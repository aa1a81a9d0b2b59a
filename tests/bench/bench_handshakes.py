"""What a mutual TLS handshake costs a gateway, revocation lists checked."""

import json

import measure

FULL = {"runs": 3, "count": 2000}
QUICK = {"runs": 1, "count": 50}
AT_ONCE = 16


def shake(gateway, address, pid, count):
    """Handshakes a second, and CPU of the server for each."""
    with gateway.party("shake", measure.SENDER, AT_ONCE, count, address=address) as load:
        load.ready()
        before = measure.cpu_us(pid)
        load.go()
        result = json.loads(load.line())
        used = measure.cpu_us(pid) - before
        load.end()
    measure.need(result["done"] == count and result["broken"] == 0,
                 f"{result['broken']} of {count} handshakes broke")
    return count / result["seconds"], used / count


def run(quick, say):
    size = QUICK if quick else FULL
    cases = measure.Cases("handshakes")
    with measure.Gateway() as gateway:
        for i in range(size["runs"]):
            say(f"handshakes: run {i + 1} of {size['runs']}")
            with measure.BareTls(gateway, "close") as server:
                bare = shake(gateway, server.address, server.pid, size["count"])
                server.end()
            ours = shake(gateway, gateway.demo.address, gateway.pid, size["count"])
            cases.add("handshakes", "1/s", ours[0], bare[0], measure.value_per_baseline)
            cases.add("CPU of the server per handshake", "us", ours[1], bare[1],
                      measure.baseline_per_value)
    return cases.rows()
