"""While a peer gateway is away somebody leaves the directory, or a certificate ends or is revoked:
of what waits for it nothing leaves that the new state forbids, judged by every octet that
crosses the border, and its sender has in writing what became of it."""

import re
import time

import contexts
import demo
import narrowed
import rotation

ENDS_S = 60 if demo.SANITIZED else 15  # until a row is over that a message is sent under before
LIFE_S = 60 if demo.SANITIZED else 20  # of what expires on its way


def utc(seconds=0):
    """So many seconds from now."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class DepartedTest(narrowed.NarrowedTest):
    states = ("XA", "XB", "XC")

    def send(self, state, case_ref, **claims):
        tier = {"tier": "T1"} if state == "XB" else {"tier": "T3", "basis": "LED37_BINDING"}
        return self.demo.accepted(dict(demo.plain(case_ref), transfer=tier, **claims),
                                  f"{state}-CA-01")


class Parties(DepartedTest):
    """Somebody is in the directory no longer when the peer comes back."""

    def setUp(self):
        self.others = [self.demo.at(state) for state in ("XB", "XC")]
        for gateway in self.others:
            gateway.end()
        self.parties = {state: self.parties_of(state) for state in self.states}
        self.addCleanup(self.put_back)

    def parties_of(self, state):
        """A State's parties as the rulebook has them, without the object's number."""
        text = demo.read(f"{self.demo.dir}/rulebook/parties/{state}/demo").decode()
        return re.split(r"number \d+\n", text, maxsplit=1)[1]

    def put_back(self):
        for state, rows in self.parties.items():
            if rows != self.parties_of(state):
                self.change(f"parties/{state}/demo", r"(?s)(number \d+\n).*\Z",
                            lambda found, old=rows: found[1] + old)
        for gateway in self.demo.gateways:
            self.reload(gateway)

    def reload_all(self):
        """Those that were away come back with it."""
        self.reload(self.demo)
        for gateway in self.others:
            gateway.start()

    def leaves(self, state):
        """Its ministry is in the directory no longer."""
        self.change(f"parties/{state}/demo", rf"(?m)^  party {state}-CA-01 .*\n(?:    .*\n)*", "")
        self.reload_all()

    def test_for_a_party_that_is_there_no_longer_nothing_leaves(self):
        gone, stays = self.send("XC", "GONE-1"), self.send("XB", "STAYS-1")
        self.leaves("XC")
        self.assert_failed(gone, "not relayed", "E_ROUTE")
        self.arrived(stays, "XB-CA-01", narrowed.BACK_S)
        self.assert_never_left("XC", gone, "GONE-1")
        self.assertEqual(self.entries(self.demo, gone), narrowed.NEVER_RELAYED)

    def test_of_a_party_that_is_there_no_longer_nothing_leaves(self):
        """It cannot ask for its receipt either, until it is back; the entry is there."""
        messages = {state: self.send(state, f"PARTED-{state}") for state in ("XB", "XC")}
        self.leaves("XA")
        for state, message in messages.items():
            demo.until(lambda one=message: self.entries(self.demo, one) == narrowed.NEVER_RELAYED,
                       f"to {state} it goes no more", narrowed.BACK_S)
            self.assert_never_left(state, message, f"PARTED-{state}")
        self.put_back()
        for message in messages.values():
            self.assert_failed(message, "not relayed", "E_ROUTE")

    def test_what_was_sealed_by_a_certificate_that_has_ended_does_not_leave(self):
        messages = {state: self.send(state, f"SEALED-{state}") for state in ("XB", "XC")}
        self.change("parties/XA/demo",
                    r"(?m)^(  party XA-CA-01 .*\n    sealing from \S+ until) \S+",
                    rf'\1 "{utc()}"')
        self.reload_all()
        for state, message in messages.items():
            self.assert_failed(message, "not relayed", "E_SIG")
            self.assert_never_left(state, message, f"SEALED-{state}")


    def test_to_a_party_whose_row_has_ended_meanwhile_nothing_leaves(self):
        """By its date alone: the rulebook is the same before and after."""
        ends_s = time.time() + ENDS_S
        self.change("parties/XC/demo", r"(?m)^(  party XC-CA-01 .* until) \S+",
                    rf'\1 "{utc(ENDS_S)}"')
        self.reload(self.demo)
        over, stays = self.send("XC", "OVER-1"), self.send("XB", "STAYS-2")
        demo.until(lambda: time.time() > ends_s, "its row is over", 2 * ENDS_S)
        for gateway in self.others:
            gateway.start()
        self.assert_failed(over, "not relayed", "E_ROUTE")
        self.arrived(stays, "XB-CA-01", narrowed.BACK_S)
        self.assert_never_left("XC", over, "OVER-1")
        self.assertEqual(self.entries(self.demo, over), narrowed.NEVER_RELAYED)


class Revoked(DepartedTest):
    """A certificate is revoked meanwhile: Corland's ministry's, and the gateway's of Bessaria."""

    certs = rotation.RotationTest.certs

    def test_nobody_who_was_revoked_gets_it_and_the_sender_has_that_in_writing(self):
        others = [self.demo.at(state) for state in ("XB", "XC")]
        for gateway in others:
            gateway.end()
        bessaria, corland = [self.send(state, f"REVOKED-{state}", expires=utc(LIFE_S))
                             for state in ("XB", "XC")]
        self.certs("revoke-demo-certificate", "XB/gateways/XB-GW-01/tls.crt")
        self.certs("revoke-demo-certificate", "XC/parties/XC-CA-01/tls.crt")
        self.reload(self.demo)
        for gateway in others:
            gateway.start()
        self.until_stage(corland, "relayed")  # its gateway may have it
        direct = contexts.change(self.demo, "direct", "xc-ca-01", address=others[1].address)
        done = self.demo.comity("request", "inbox", context=direct)
        self.assertEqual((done.code, done.out), (4, ""), done)
        self.assert_failed(corland, "not delivered", "E_EXPIRED", "XC-GW-01")
        self.assert_failed(bessaria, "not relayed", "E_EXPIRED")
        self.assert_never_left("XB", bessaria, "REVOKED-XB")


class Seal(DepartedTest):
    """The sending ministry's sealing certificate is revoked meanwhile; its links are good."""

    certs = rotation.RotationTest.certs

    def test_what_a_revoked_certificate_has_sealed_does_not_leave(self):
        others = [self.demo.at(state) for state in ("XB", "XC")]
        for gateway in others:
            gateway.end()
        messages = {state: self.send(state, f"UNSEALED-{state}") for state in ("XB", "XC")}
        self.certs("revoke-demo-certificate", "XA/parties/XA-CA-01/seal.crt")
        self.reload(self.demo)
        for gateway in others:
            gateway.start()
        for state, message in messages.items():
            self.assert_failed(message, "not relayed", "E_SIG")
            self.assert_never_left(state, message, f"UNSEALED-{state}")
            self.assertEqual(self.entries(self.demo, message), narrowed.NEVER_RELAYED)


if __name__ == "__main__":
    demo.main()
