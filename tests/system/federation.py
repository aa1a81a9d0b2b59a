"""Each State has a gateway of its own: what is sent through two of them arrives as the law has it,
once and in order, whichever of them was away meanwhile, and its sender is told how far it is."""

import os
import signal
import uuid

import demo
import exchange
import link
import octets
import reading
import secrecy

MANY = 50
BACK_S = 120  # a peer that was away for long is dialled again within a minute and a half
STAGES = ["accepted", "relayed", "delivered", "retrieved"]


class A3(exchange.Exchange):
    """Case A.3 as at one gateway, and what is different at two."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        demo.DemoTest.setUpClass.__func__(cls)
        d = cls.demo
        cls.sent = d.send(demo.a3())
        cls.id = cls.sent.json["recipients"][0]["id"]
        cls.resumed = [d.comity("request", "send", "--resume", cls.id, context="xa-ca-01")
                       for _ in range(2)]
        cls.arrived = demo.until(d.inbox, "it arrives")
        cls.waiting = d.comity("request", "list", "--due", context="xc-ca-01")
        cls.shown = d.show(cls.id)
        cls.shown_again = d.show(cls.id)
        cls.acked = d.comity("request", "ack", cls.id, context="xc-ca-01")
        cls.listed = d.comity("request", "list", context="xc-ca-01")
        cls.waiting_after = d.comity("request", "list", "--due", context="xc-ca-01")
        cls.answers = demo.until(lambda: d.inbox("xa-ca-01"), "the answer arrives")
        cls.ack = d.show(cls.answers[0]["id"], "xa-ca-01")
        demo.until(lambda: d.stage(cls.id) == "retrieved", "the sender is told")
        cls.own = d.show(cls.id, "xa-ca-01")
        cls.size = d.log_grown_to(7)
        cls.other_size = d.log_grown_to(7, d.at("XC"))

    def test_the_inbox_lists_it_as_programs_rely_on(self):
        row = self.arrived[0]
        self.assert_keys(row, exchange.ROW)
        wanted = {"id": self.id, "thread": self.sent.json["thread"], "type": "mla.request",
                  "from": "XA-CA-01", "to": "XC-CA-01", "stage": "relayed", "state": "open",
                  "due": "2026-09-21T16:00:00Z", "case_ref": "PA-2026-0417"}
        self.assertEqual({key: row[key] for key in wanted}, wanted)

    def test_sending_again_changes_nothing(self):
        """But that it is relayed meanwhile."""
        for again in self.resumed:
            self.assertEqual(again.code, 0, again)
            self.assertIn(again.json["recipients"][0].pop("stage"), STAGES)
            self.assertEqual(again.json["thread"], self.sent.json["thread"])
            self.assertEqual(again.json["recipients"][0]["id"], self.id)
        self.assertEqual([row["id"] for row in self.arrived], [self.id])

    def test_seal_and_receipt_are_verified(self):
        """The entry of each gateway, the sender's first."""
        for shown, gateways in ((self.shown, ["XA-GW-01", "XC-GW-01"]),
                                (self.ack, ["XC-GW-01", "XA-GW-01"])):
            verified = shown.json["verified"]
            self.assertIs(verified["seal"], True)
            self.assertIs(verified["receipt"], True)
            self.assertEqual([hop["gateway"] for hop in verified["chain"]], gateways)
            self.assertGreaterEqual(min(hop["size"] for hop in verified["chain"]), 2)

    def test_the_log_holds_every_step(self):
        """Of each gateway: start; its own party's message as it was let go; the other's as it was
        taken over and let in, read, delivered and retrieved."""
        for gateway, size in ((self.demo, self.size), (self.demo.at("XC"), self.other_size)):
            self.assertEqual(size, 7, gateway.id)
            verdict = self.demo.verified(gateway.log).json
            self.assertEqual((verdict["verified"], verdict["fault"]), (True, ""))
            self.assertTrue(verdict["origin"].startswith(gateway.id.lower()), verdict)

    def test_the_logs_keys_are_in_the_directory(self):
        logs = self.demo.comity("audit", "keys", context="xc-ca-01").json["logs"]
        self.assertEqual(sorted(log["origin"] for log in logs),
                         ["xa-gw-01.comity.example/audit/demo",
                          "xc-gw-01.comity.example/audit/demo"])

    def test_a_context_names_files_that_are_there(self):
        for name, gateway in (("xa-ca-01", "XA-GW-01"), ("xc-ca-01", "XC-GW-01")):
            context = self.demo.context(name)
            self.assertEqual(context["gateway"], gateway)
            for key in ("cert", "key", "ca", "sealing_cert", "sealing_key", "directory"):
                self.assertTrue(os.path.exists(context[key]), key)

    def test_nothing_in_corland_holds_what_it_must_not_see(self):
        """Neither at the ministry nor at the gateway, whose operator could open what it keeps: it
        never crossed the border, which peers.py sees in the octets. Here: in no file in clear."""
        secrets = [secret.encode() for secret in secrecy.SECRETS]
        folders = [self.demo.at("XC").folder, f"{self.demo.dir}/home/archive/xc-ca-01"]
        kept = 0
        for folder in folders:
            for path, text in demo.folder_octets(folder):
                kept += len(text)
                self.assertEqual([secret for secret in secrets if secret in text], [], path)
                self.assertNotIn(b"Halmar", text, path)
        self.assertGreater(kept, 20000)
        self.assertEqual([s for s in secrecy.SECRETS if s in self.shown.out], [])


class Chain(demo.DemoTest):
    """What arrives, octet by octet, and the stages that it goes through."""

    states = ("XA", "XC")

    def stage_with_proof(self, message):
        own = self.demo.show(message, "xa-ca-01").json["recipients"][0]
        self.assertIs(own["proved"], True, own)
        self.assertEqual(own["outcome"], "accepted")
        return own["stage"]

    def until_stage(self, message, stage):
        demo.until(lambda: self.stage_with_proof(message) == stage, f"the sender sees {stage}")

    def test_every_stage_comes_back_with_its_proof(self):
        corland = self.demo.at("XC")
        corland.freeze()
        self.addCleanup(corland.thaw)
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.stage_with_proof(message), "accepted")
        corland.thaw()
        self.until_stage(message, "relayed")
        self.assertEqual(self.demo.show(message, "xc-ca-01", "--dry-run").code, 0)
        self.until_stage(message, "delivered")
        self.assertEqual(self.demo.show(message).code, 0)
        self.until_stage(message, "retrieved")

    def test_a_message_carries_the_releases_of_both_gateways(self):
        message = uuid.UUID(self.demo.accepted(demo.plain("CHAIN-1"))).bytes
        with link.Link(self.demo, "XC-CA-01", gateway=self.demo.at("XC")) as corland:
            corland.send(link.CREDIT, 0, 64)
            deliver = corland.expect(link.DELIVER)
            while reading.key_of(deliver)[1] != message:
                deliver = corland.expect(link.DELIVER)
            corland.end()
        first, second = (octets.uncbor(release) for release in deliver[4])
        self.assertEqual([first[2], first[3], first[15]], [1, "XA-GW-01", 0])
        self.assertEqual([second[2], second[3], second[15]], [2, "XC-GW-01", 1])
        self.assertEqual(first[9], second[9])  # one seal
        receipts = [octets.uncbor(receipt) for receipt in deliver[5]]
        self.assertEqual([receipt[5].split("\n")[0] for receipt in receipts],
                         [f"{gateway}.comity.example/audit/demo"
                          for gateway in ("xa-gw-01", "xc-gw-01")])
        self.assertEqual(len(second[16]), 3)
        self.assertNotIn(16, first)

    def test_what_hop_2_adds_does_not_tell_how_many_fields_there_were(self):
        """Both lists are as long as the seal's."""
        with link.Link(self.demo, "XC-CA-01", gateway=self.demo.at("XC")) as corland:
            self.demo.accepted(demo.a3())
            corland.send(link.CREDIT, 0, 64)
            deliver = corland.expect(link.DELIVER)
            corland.end()
        sealed = octets.uncbor(octets.uncbor(deliver[2][0]).value[2])[24]
        lists = [octets.uncbor(release)[11] for release in deliver[4]]
        self.assertEqual([len(one) for one in lists], 2 * [len(sealed)])


class Outage(demo.DemoTest):
    """A gateway that is away while messages are sent, and comes back."""

    states = ("XA", "XC")

    def setUp(self):
        self.thread = str(uuid.uuid4())
        self.corland = self.demo.at("XC")

    def send(self, count):
        """Messages of one thread, one after the other; their ids in this order."""
        return [self.demo.accepted(dict(demo.plain(f"OUT-{i}"), thread=self.thread))
                for i in range(count)]

    def received(self):
        done = self.demo.comity("request", "inbox", "--thread", self.thread, context="xc-ca-01")
        self.assertEqual(done.code, 0, done)
        return [row["id"] for row in done.rows]

    def assert_arrive(self, sent, seconds=BACK_S):
        """Each once and in the order in which they were sent."""
        def all_there():
            there = self.received()
            return len(there) >= len(sent) and there
        self.assertEqual(demo.until(all_there, "all arrive", seconds), sent)

    def sizes(self):
        """Entries of both logs, which must hold, once all of them are published."""
        found = []
        for gateway, party in zip(self.demo.gateways, ("XA-CA-01", "XC-CA-01")):
            found.append(self.demo.settled_size(gateway, party))
        return found

    def check_logs(self, before, grown):
        """Exactly so many more entries: nothing was decided twice."""
        for gateway, size, more in zip(self.demo.gateways, before, grown):
            self.assertEqual(self.demo.log_grown_to(size + more, gateway), size + more, gateway.id)

    def test_what_was_sent_while_the_peer_was_stopped_arrives(self):
        before = self.sizes()
        self.corland.end()
        sent = self.send(MANY)
        self.assertEqual(self.demo.stage(sent[0]), "accepted")
        self.corland.start()
        self.assert_arrive(sent)
        self.check_logs(before, [MANY, 2 + 2 * MANY])

    def test_what_was_sent_while_the_peer_was_killed_arrives(self):
        before = self.sizes()
        self.corland.end(signal.SIGKILL)
        sent = self.send(MANY)
        self.corland.start()
        self.assert_arrive(sent)
        self.check_logs(before, [MANY, 1 + 2 * MANY])

    def test_a_peer_that_is_killed_again_and_again_takes_each_once(self):
        before = self.sizes()
        self.corland.freeze()
        sent = self.send(MANY)
        for _ in range(3):
            self.corland.thaw()
            self.corland.end(signal.SIGKILL)
            self.corland.start()
            demo.until(self.received, "some arrive", BACK_S)
        self.assert_arrive(sent)
        self.check_logs(before, [MANY, 3 + 2 * MANY])

    def test_what_was_accepted_outlives_the_senders_gateway(self):
        before = self.sizes()
        sent = []
        for _ in range(3):
            sent += self.send(1)
            self.demo.end(signal.SIGKILL)
            self.demo.start()
        self.assert_arrive(sent)
        demo.until(lambda: self.demo.stage(sent[-1]) == "relayed", "the sender is told")
        self.check_logs(before, [6, 6])

    def test_a_peer_that_stands_still_gets_its_mail_when_it_goes_on(self):
        self.corland.freeze()
        self.addCleanup(self.corland.thaw)
        sent = self.send(5)
        self.assertEqual(self.demo.stage(sent[0]), "accepted")
        self.corland.thaw()
        self.assert_arrive(sent)

    def test_both_away_at_once_lose_nothing(self):
        sent = self.send(5)
        for gateway in self.demo.gateways:
            gateway.end(signal.SIGKILL)
        self.corland.start()
        self.demo.start()
        sent += self.send(5)
        self.assert_arrive(sent)

    def test_restarted_by_the_command_it_goes_on(self):
        sent = self.send(2)
        self.demo.restart("XC", "--kill")
        self.demo.restart("XA")
        sent += self.send(2)
        self.assert_arrive(sent)


class Four(demo.DemoTest):
    """Four States."""

    states = ("XA", "XB", "XC", "XD")

    def assert_arrives(self, to, tier):
        document = dict(demo.plain(f"FOUR-{to}"), transfer=tier)
        message = self.demo.accepted(document, to=f"{to}-CA-01")
        context = f"{to.lower()}-ca-01"
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox(context)],
                   "it arrives")
        shown = self.demo.show(message, context)
        self.assertEqual(shown.code, 0, shown)
        self.assertEqual([hop["gateway"] for hop in shown.json["verified"]["chain"]],
                         ["XA-GW-01", f"{to}-GW-01"])
        return message

    def test_arvenia_reaches_bessaria(self):
        message = self.assert_arrives("XB", {"tier": "T1"})
        demo.until(lambda: self.demo.stage(message) == "retrieved", "the sender is told")

    def test_nothing_goes_by_a_gateway_that_is_not_concerned(self):
        """Its log stands still, and its journal does not know the parties."""
        other = self.demo.at("XD")
        before = self.demo.log_size(other)
        self.assert_arrives("XB", {"tier": "T1"})
        self.assertEqual(self.demo.log_size(other), before)
        knows = {gateway.id: any(b"XB-CA-01" in text
                                 for _, text in demo.folder_octets(gateway.journal))
                 for gateway in (other, self.demo.at("XB"))}
        self.assertEqual(knows, {"XD-GW-01": False, "XB-GW-01": True})

    def test_one_that_stands_still_holds_up_no_other(self):
        corland = self.demo.at("XC")
        corland.freeze()
        self.addCleanup(corland.thaw)
        waiting = self.demo.accepted(demo.a3())
        for _ in range(3):
            self.assert_arrives("XB", {"tier": "T1"})
        self.assertEqual(self.demo.stage(waiting), "accepted")
        corland.thaw()
        demo.until(lambda: waiting in [row["id"] for row in self.demo.inbox()], "it goes on",
                   BACK_S)


if __name__ == "__main__":
    demo.main()
