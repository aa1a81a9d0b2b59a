"""A gateway gone bad as its own State's parties see it: it listens with the real certificate of
XC-GW-01 in front of the real client of XC-CA-01, and answers as the test wants."""

import shutil

import contexts
import gateway
import link
import octets
import reading


STEPS = 7  # what of QUERY: the steps of a foreign log


class Impostor(gateway.Gateway):
    """Hands out one message. checkpoint, consistency and steps are functions that answer the
    questions about logs; None: the answer is that it is not known."""

    def __init__(self, demo, me="XC-GW-01"):
        folder = f"{demo.pki}/{me[:2]}/gateways/{me}"
        super().__init__(demo, pair=(f"{folder}/tls.crt", f"{folder}/tls.key"))
        self.tls.load_verify_locations(f"{demo.pki}/{me[:2]}/ca.crt")
        self.parts = None  # DELIVER's elements
        self.taken, self.asked = [], []
        self.checkpoint = self.consistency = self.steps = lambda *_: None

    def rows_of(self, what, args):
        """None: unknown."""
        if what == link.INBOX:
            return [self.inbox_row()]
        if what == link.FETCH:
            return [self.parts]
        if what == link.LOG_CHECKPOINT:
            note = self.checkpoint(*args)
            return None if note is None else [[note]]
        if what == link.CONSISTENCY:
            path = self.consistency(*args)
            return None if path is None else [path]
        return self.steps(*args) if what == STEPS else None

    def inbox_row(self):
        claims = octets.uncbor(octets.uncbor(self.parts[0][0]).value[2])
        key = reading.key_of([0, 0, *self.parts])
        return [key, claims[3], claims[5], 1, claims[9], None, None, [], None]

    def answer(self, frame):
        if frame[0] == link.TAKEN:
            self.taken.append(frame[4])
        if frame[0] != link.QUERY:
            return super().answer(frame)
        self.asked.append(frame[2])
        rows = self.rows_of(frame[2], frame[3])
        if rows is None:
            return [link.REFUSE, frame[1], "E_UNKNOWN", None, None, 0]
        return [link.ANSWER, frame[1], frame[2], rows, None]


def directory(demo, name, address, origin, quorum=0, witnesses=()):
    """The rulebook again, where XC-GW-01 is at this address and the log with this origin has to be
    cosigned by so many of these witnesses: (State, vkey). Its folder."""
    folder = f"{demo.dir}/{name}"
    shutil.copytree(f"{demo.dir}/rulebook", folder)
    path = f"{folder}/states/demo"
    found, changed = False, []
    with open(path, encoding="utf-8") as file:
        for row in file:
            word = row.split()[:2]
            if word[0] == "gateway":
                found = word[1] == "XC-GW-01"
            if word[0] == "address" and found:
                row = f'    address "{address}"\n'
            if word[0] == "log" and word[1] == f'"{origin}"':
                row = row.replace("quorum 0", f"quorum {quorum}")
                row += "".join(f'      witness {state} "{key}"\n' for state, key in witnesses)
            changed.append(row)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(changed)
    return folder


def context(demo, name, folder):
    """XC-CA-01 with another directory and an archive of its own. Its name."""
    return contexts.change(demo, name, base="xc-ca-01", directory=folder)
