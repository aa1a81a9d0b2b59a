"""Corland reads its mail with a link made by hand and asks all it may ask."""

import link
import octets


def key_of(deliver):
    """[from, id, to] of a DELIVER."""
    claims = octets.uncbor(octets.uncbor(deliver[2][0]).value[2])
    return [claims[7], claims[2], claims[8]]


def read_mail(demo):
    """Keeps and shows the one message that waits for XC-CA-01; every frame that arrived."""
    with link.Link(demo, "XC-CA-01") as corland:
        corland.send(link.CREDIT, 0, 16)
        deliver = corland.expect(link.DELIVER)
        key = key_of(deliver)
        corland.ask(link.INBOX, None, 100, None)
        corland.ask(link.FETCH, key)
        origin, size = octets.uncbor(deliver[5][0])[5].split("\n")[:2]
        for answers, stage in ((deliver[1], 3), (0, 4)):
            corland.send(link.TAKEN, answers, key, stage)
            demo.log_grown_to(int(size) + stage - 2)
        corland.ask(link.INBOX, None, 100, None)
        corland.ask(link.STATUS, None, None, 100)
        corland.ask(link.LOG_CHECKPOINT, origin)
        corland.ask(link.CONSISTENCY, origin, 1, int(size))
        corland.end()
        return corland.frames
