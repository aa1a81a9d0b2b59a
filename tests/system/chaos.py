"""Three gateways with a bad network between them, killed, frozen, reloaded, restored and out of
room at random, while parties of all three send and read. Once it is over, nothing is lost, nothing
is there twice, and all books agree. COMITY_CHAOS_SEED=n repeats what was drawn, COMITY_CHAOS_S sets
how long it goes on."""

import collections
import datetime
import json
import os
import random
import select
import threading
import time
import uuid

import demo
import disk
import ledger_check
import ledger_plants
import link
import octets
import reading
import turmoil

SEED = int(os.environ.get("COMITY_CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
SPANS_S = ([int(os.environ["COMITY_CHAOS_S"])] if "COMITY_CHAOS_S" in os.environ
           else [60, 600] if demo.LONG else [int(os.environ.get("COMITY_CHAOS_SHORT_S", "15"))])
PAIRS = (("XA", "XB"), ("XB", "XA"), ("XA", "XC"), ("XC", "XA"))
THREADS = 2  # of each pair
PACE_S = 0.5  # between two messages of a thread: others need the processor, too
BRIEF_EVERY, BRIEF_S = 9, 4  # every so many messages one that expires so soon
HEAL_S = 420  # a log that is ahead by the longest jump, two pauses of the dialler, all that waits
TRY_AGAIN, UNKNOWN = (7, 8), 5
BACKLOG = 8  # messages that wait for a reader; beyond that senders wait
FEW = 8  # messages about which a sender asks one by one
RETRY_S = 0.2


def party(state):
    return f"{state}-CA-01"


def request(one):
    """A small one, which the law lets go in full; a brief one expires on its way, perhaps."""
    tier = {"tier": "T1"} if "XB" in (one.sender[:2], one.to[:2]) else {
        "tier": "T3", "basis": "LED37_BINDING"}
    document = dict(demo.plain(one.case_ref), transfer=tier, thread=one.thread)
    if one.brief:
        document["expires"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one.expires_s))
    return document


class Actor(threading.Thread):
    """Does the same over and over until it is told to stop."""

    def __init__(self, name, demonstration, ledger):
        super().__init__(name=name, daemon=True)  # where all failed nobody waits for it
        self.demo, self.ledger, self.over = demonstration, ledger, threading.Event()

    def run(self):
        try:
            self.work()
        except BaseException as why:  # pylint: disable=broad-except
            self.ledger.report(f"{self.name}: {why!r}")


class Sender(Actor):
    """One thread of messages: the next is sent when the one before it is acknowledged."""

    def __init__(self, demonstration, ledger, pair, number, clock, unread):
        self.sender, self.to = map(party, pair)
        self.thread, self.count = str(uuid.uuid4()), 0
        self.clock, self.unread = clock, unread  # of its gateway; of its recipient
        super().__init__(f"{pair[0]}{pair[1]}{number}", demonstration, ledger)

    def work(self):
        while not self.over.is_set():
            self.count += 1
            expires_s = None if self.count % BRIEF_EVERY else time.time() + BRIEF_S
            self.send(ledger_check.Sent(self.sender, self.to, self.thread,
                                        f"{self.name}-{self.count}", expires_s))
            self.over.wait(PACE_S)
            while len(self.unread) > BACKLOG and not self.over.is_set():
                self.over.wait(RETRY_S)

    def send(self, one):
        since, context = time.time(), self.sender.lower()
        done = self.demo.send(request(one), to=(self.to,), context=context)
        one.id = done.json["recipients"][0]["id"]
        while done.code in TRY_AGAIN and not self.is_hopeless(one, since):
            self.over.wait(RETRY_S)
            done = self.demo.comity("request", "send", "--resume", one.id, context=context)
        answer = done.json["recipients"][0]
        one.outcome, one.proved = answer["outcome"], answer["proved"]
        if done.code in TRY_AGAIN:
            one.outcome = ledger_check.PUT_OFF
        elif done.code != 0:
            late = one.brief or self.clock.may_refuse(since, time.time())
            if not late or answer["code"] != "E_EXPIRED":
                self.ledger.report(f"{one!r}: {done!r}")
        with self.ledger.lock:
            self.ledger.sent.append(one)

    def is_hopeless(self, one, since):
        """Its gateway has not accepted it and never can: time in the log has gone beyond it under
        a wrong clock. A person would send another one."""
        if not self.clock.may_be_behind(since):
            return False
        context = self.sender.lower()
        rows = self.demo.comity("archive", "list", "--kind", "submission", context=context).rows
        made = next(row["time"] for row in rows if row["id"] == one.id)
        made = datetime.datetime.fromisoformat(made).timestamp()
        return (self.clock.may_be_behind(made)
                and self.demo.show(one.id, context).code == UNKNOWN)


class Taker(Actor):
    """Keeps what is pushed to a party, and gives its ids to be shown."""

    def __init__(self, demonstration, ledger, state, show):
        self.gateway, self.party, self.show = demonstration.at(state), party(state), show
        self.known = set()
        super().__init__(f"taker of {self.party}", demonstration, ledger)

    def work(self):
        while not self.over.is_set():
            try:
                with link.Link(self.demo, self.party, gateway=self.gateway) as mail:
                    mail.send(link.CREDIT, 0, 64)
                    self.take(mail)
            except (link.Closed, OSError):
                self.over.wait(RETRY_S)

    def take(self, mail):
        on_this_link = set()
        while not self.over.is_set():
            if not (mail.rest or mail.socket.pending() or
                    select.select([mail.socket], [], [], RETRY_S)[0]):
                continue
            frame = mail.frame()
            if frame[0] == link.PING:
                mail.send(link.PONG, frame[1])
            elif frame[0] == link.DELIVER:
                key = reading.key_of(frame)
                if key[1] in on_this_link:
                    self.ledger.report(f"{key} was pushed twice on one link")
                on_this_link.add(key[1])
                self.keep(mail, frame, key)
            elif frame[0] == link.BYE:
                raise link.Closed(f"BYE {frame[2]}")

    def keep(self, mail, frame, key):
        message = str(uuid.UUID(bytes=key[1]))
        self.ledger.saw("pushed", self.party, message, frame[2][0])
        if message not in self.known:
            self.known.add(message)
            self.ledger.pushed[self.party].append(message)
            self.show.append(message)
        mail.send(link.TAKEN, frame[1], key, 3)
        mail.send(link.CREDIT, 0, 1)


class Reader(Actor):
    """Shows each message that was taken to a person, once. The taker kept nothing: so what a
    gateway lost by a restoration can only be shown once its peer has handed it over again."""

    def __init__(self, demonstration, ledger, state, show, node):
        self.node, self.party, self.waiting = node, party(state), show
        self.context = self.party.lower()
        super().__init__(f"reader of {self.party}", demonstration, ledger)

    def work(self):
        while not (self.over.is_set() and not self.waiting):
            if self.waiting:
                self.read(self.waiting.popleft())
            else:
                self.over.wait(RETRY_S)

    def read(self, message):
        shown = self.demo.show(message, self.context)
        while shown.code in TRY_AGAIN:
            self.over.wait(RETRY_S)
            shown = self.demo.show(message, self.context)
        if shown.code == UNKNOWN and self.node.was_restored:
            if not self.is_too_late(message):
                self.waiting.append(message)
                self.over.wait(RETRY_S)
        elif shown.code != 0:
            self.ledger.report(f"{self.party} cannot read {message}: {shown!r}")
        else:
            self.check_shown(message, shown)

    def is_too_late(self, message):
        """What has expired meanwhile is handed over no more. Its sender has that in writing, or
        keeps what it was told before it was lost."""
        return any(one.id == message and one.brief
                   and (one.is_lost or one.stage in ledger_check.FAILED)
                   for one in self.ledger.accepted())

    def check_shown(self, message, shown):
        hops = [hop["gateway"] for hop in shown.json["verified"]["chain"]]
        sender = shown.json["claims"]["from"]
        if hops != [f"{sender[:2]}-GW-01", f"{self.party[:2]}-GW-01"]:
            self.ledger.report(f"{message} came by {hops}")
        self.ledger.shown[self.party, message] = 1
        content = [shown.json["claims"], shown.json["document"]]
        self.ledger.saw("shown", self.party, message, json.dumps(content, sort_keys=True).encode())


class Chaos(demo.unittest.TestCase):
    longMessage = True
    maxDiff = None

    def set_up(self, span_s, seed):
        self.world = turmoil.World(span_s, seed, os.geteuid() == 0 and disk.can_mount())
        self.addCleanup(self.world.end)
        self.demo, self.ledger = self.world.demo, ledger_check.Ledger()
        show = {state: collections.deque() for state in turmoil.STATES}
        self.senders = [Sender(self.demo, self.ledger, pair, number,
                               self.world.nodes[pair[0]].clock, show[pair[1]])
                        for pair in PAIRS for number in range(THREADS)]
        self.readers = [
            actor for state, node in self.world.nodes.items()
            for actor in (Taker(self.demo, self.ledger, state, show[state]),
                          Reader(self.demo, self.ledger, state, show[state], node))]

    def stop(self, actors):
        for actor in actors:
            actor.over.set()
        end = time.monotonic() + HEAL_S
        for actor in actors:
            actor.join(max(0, end - time.monotonic()))
            self.assertFalse(actor.is_alive(), f"{actor.name} goes on")

    def answer(self, *words, context):
        """A gateway that was restored may have to ask another one first how its log goes on."""
        def said():
            done = self.demo.comity(*words, context=context)
            return None if done.code in TRY_AGAIN else done
        return demo.until(said, f"{context} has an answer to {words}", HEAL_S)

    def learn_all(self, sender):
        """How far each message is, as its sender can prove it."""
        done = self.answer("request", "list", context=sender.lower())
        if done.code != 0:
            self.ledger.report(f"{sender} cannot list: {done.err}")
        known = {one.id: one for one in self.ledger.accepted()}
        for row in done.rows:
            one = known.get(row["id"]) if row["direction"] == "sent" else None
            if one is not None:
                one.stage, one.proved = row["stage"], row["proved"]

    def learn(self, one):
        done = self.answer("request", "show", one.id, context=one.sender.lower())
        if done.code != 0:
            self.ledger.report(f"{one!r}: {done!r}")
            return
        one.stage, one.proved = (done.json["recipients"][0][key] for key in ("stage", "proved"))

    def learn_stages(self):
        """Of the messages that are not settled. Whether all are."""
        waiting = collections.defaultdict(list)
        for one in self.ledger.unsettled():
            waiting[one.sender].append(one)
        for sender, messages in waiting.items():
            if len(messages) > FEW:
                self.learn_all(sender)
            else:
                for one in messages:
                    self.learn(one)
        return not self.ledger.unsettled()

    def tell_again(self):
        """Nobody answers who says that it was shown: a gateway that is killed just then forgets it,
        and learns it when somebody looks at it again."""
        readers = {actor.party: actor for actor in self.readers if isinstance(actor, Reader)}
        for one in self.ledger.unsettled():
            told = one.stage != "delivered" or one.id in readers[one.to].waiting
            if not told and self.ledger.shown[one.to, one.id]:
                readers[one.to].waiting.append(one.id)

    def find_lost(self):
        """Among those that expired: a gateway that was restored does not know them, or not that it
        delivered them, so that it says they failed; that comes after a success and is not kept."""
        for state, node in self.world.nodes.items():
            late = [one for one in self.ledger.unsettled()
                    if one.to == party(state) and one.is_past(time.time())]
            if not late or not node.was_restored:
                continue
            inbox = self.answer("request", "inbox", context=party(state).lower())
            stages = {row["id"]: row["stage"] for row in inbox.rows}
            for one in late:
                known = stages.get(one.id)
                one.is_lost = known is None or (one.stage, known) == ("delivered", "not delivered")

    def is_settled(self):
        self.assertEqual(self.ledger.wrong, [])
        if self.learn_stages():
            return True
        self.tell_again()
        self.find_lost()
        return False

    def settle(self):
        """After the last fault, and with a deadline."""
        start = time.monotonic()
        self.stop(self.senders)
        demo.until(self.is_settled, "every message has met its fate", HEAL_S)
        self.stop(self.readers)
        for state in turmoil.STATES:
            self.learn_all(party(state))
            self.ledger.inbox[party(state)] = self.demo.inbox(f"{state.lower()}-ca-01")
        return time.monotonic() - start

    def check_silence(self):
        """What was taken is not pushed any more."""
        for state in turmoil.STATES:
            with link.Link(self.demo, party(state), gateway=self.demo.at(state)) as mail:
                mail.send(link.CREDIT, 0, 64)
                mail.ask(link.INBOX, None, 1, None)
                mail.end()
                kinds = {octets.unpack(frame)[0] for frame in mail.frames}
                self.assertNotIn(link.DELIVER, kinds, state)

    def gather(self):
        """The books of all, once the gateways have ended."""
        logs, books, states = {}, {}, {}
        for state, node in self.world.nodes.items():
            self.demo.settled_size(node.gateway, party(state))
            states[self.demo.vkey(node.gateway).split("+")[0]] = state
        for node in self.world.nodes.values():
            self.assertEqual(node.gateway.end(), 0, node.gateway.said()[-2000:])
        self.ledger.ahead = {state for state, node in self.world.nodes.items()
                             if any(wrong > 0 for _, _, wrong in node.clock.wrong)}
        for origin, state in states.items():
            node = self.world.nodes[state]
            logs[origin] = ledger_check.verified_log(self, self.demo, node.gateway)
            books[state] = ledger_check.Books(node.journal())
        held = [one for state in turmoil.STATES
                for one in ledger_check.held_receipts(self.demo, party(state))]
        return ledger_check.Evidence(self.ledger, logs, books, held, states)

    def run_for(self, span_s, seed):
        self.set_up(span_s, seed)
        for actor in self.senders + self.readers:
            actor.start()
        try:
            self.world.rage()
            healed_s = self.settle()
        finally:
            for actor in self.senders + self.readers:
                actor.over.set()  # where it failed they are waited for when the demo is gone
        self.assertEqual(self.ledger.wrong, [])
        self.check_silence()
        evidence = self.gather()
        self.assertEqual(self.demo.end_reports(), [])
        fates, counts = evidence.check(self)
        ledger_plants.check_all_noticed(self, evidence)
        outcomes = collections.Counter(one.outcome for one in self.ledger.sent)
        print(f"{span_s} s: {self.world.counts()}\nsent: {dict(outcomes)}, then {dict(fates)}, "
              f"settled {healed_s:.0f} s after it healed\n{dict(counts)}", flush=True)
        self.assertGreater(outcomes["accepted"], span_s / 2)
        self.assertGreater(len(self.world.happened), span_s / 5)

    def test_chaos_loses_nothing_and_repeats_nothing(self):
        for number, span_s in enumerate(SPANS_S):
            with self.subTest(span_s=span_s):
                print(f"COMITY_CHAOS_SEED={SEED + number} COMITY_CHAOS_S={span_s}", flush=True)
                try:
                    self.run_for(span_s, SEED + number)
                except BaseException:
                    print(f"what happened: {self.world.happened}\n"
                          f"without a fate: {self.ledger.unsettled()}", flush=True)
                    raise
                finally:
                    self.doCleanups()


if __name__ == "__main__":
    demo.main()
