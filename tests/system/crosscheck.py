"""comity audit crosscheck: an agency's receipts against the log, and two States' logs against each
other; logs that their gateway rewrote with its own key."""

import contextlib
import os
import shutil

import contexts
import demo
import forge
import published
import web

VERIFY, STALE, FORK = 9, 10, 11


@contextlib.contextmanager
def aside(folder, shown=None):
    """A gateway's log is not there, or another one in its place."""
    kept = folder + ".honest"
    os.rename(folder, kept)
    try:
        if shown is not None:
            shutil.copytree(shown, folder)
        yield kept
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(kept, folder)


def write(path, octets):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(octets)


def folder_of(log, sign=True):
    """A log as it is published: tiles of hashes alone, and only the lowest."""
    folder, leaves = os.path.join(demo.temporary_folder(), "log"), log.leaves
    for number in range(-(-len(leaves) // published.TILE)):
        tile = leaves[number * published.TILE:(number + 1) * published.TILE]
        part = "" if len(tile) == published.TILE else f".p/{len(tile)}"
        write(f"{folder}/tile/0/{published.tile_name(number)}{part}", b"".join(tile))
    if sign:
        write(f"{folder}/checkpoint", log.note().encode())
    return folder


class Rewritten:
    """A log's folder as the owner of its key can make it: other entries, and a checkpoint that signs
    them."""

    def __init__(self, demonstration, gateway):
        self.vkey = demonstration.vkey(gateway)
        state = gateway.id[:2]
        key = forge.Key(f"{demonstration.pki}/{state}/gateways/{gateway.id}/log.key")
        honest = published.Log(gateway.log)
        honest.grow()
        self.log = forge.Log(self.vkey.split("+")[0], key, honest.entries)

    @property
    def entries(self):
        return self.log.entries

    def folder(self, sign=True):
        return folder_of(self.log, sign)


class Reconciled(web.Oversight):
    """Two States with an authority each that mirrors its log, and messages that were read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.xc = cls.demo.at("XC")
        cls.hire("XC-DPA-01", state="XC")
        for party in ("XA-DPA-01", "XA-MIN-01", "XC-DPA-01"):
            folder = f"{cls.demo.pki}/{party[:2]}/parties/{party}"
            contexts.change(cls.demo, party.lower(), f"{party[:2].lower()}-ca-01", party=party,
                            cert=f"{folder}/tls.crt", key=f"{folder}/tls.key",
                            sealing_cert=f"{folder}/seal.crt", sealing_key=f"{folder}/seal.key")
        cls.messages = [cls.demo.accepted(demo.a3()), cls.demo.accepted(demo.plain("CROSS-1"))]
        for message in cls.messages:
            demo.until(lambda m=message: m in [row["id"] for row in cls.demo.inbox()], "it arrives")
            assert cls.demo.show(message).code == 0
            demo.until(lambda m=message: cls.demo.stage(m) == "retrieved", "its sender is told")

    def mirror(self, state, role="dpa"):
        context = f"{state.lower()}-{role}-01"
        self.demo.settled_size(self.demo.at(state), f"{state}-CA-01")
        done = self.demo.comity("audit", "sync", context=context)
        self.assertEqual(done.code, 0, done)
        return os.path.join(self.demo.dir, "home", "mirror", context, f"{state}-GW-01")


class CrosscheckTest(Reconciled):
    def check(self, *words, context="xa-ca-01"):
        return self.demo.comity("audit", "crosscheck", *words, context=context)

    def found(self, done, kind):
        return [row for row in done.json["findings"] if row["finding"] == kind]

    def assert_kept(self, finding, folder):
        """Both checkpoints, whole, each in a file of its own that stays as it is."""
        self.assertEqual(len(finding["files"]), 2, finding)
        notes = [demo.read(path).decode() for path in finding["files"]]
        sizes = [published.read_note(note)[0] for note in notes]
        self.assertEqual(sizes, [finding["signed"], finding["shown"]])
        self.assertEqual(notes[1], demo.read(f"{folder}/checkpoint").decode())
        for note in notes:
            self.assertIn("\n\n\u2014 xa-gw-01", note)
        before = [os.stat(path) for path in finding["files"]]
        self.assertEqual(self.check("--log", folder).code, FORK)
        for path, stat in zip(finding["files"], before):
            self.assertEqual((os.stat(path).st_ino, os.stat(path).st_mtime_ns),
                             (stat.st_ino, stat.st_mtime_ns))

    # ---- an agency ----

    def test_what_was_sent_is_in_the_log_that_the_gateway_serves(self):
        done = self.check()
        self.assertEqual(done.code, 0, done)
        own, other = sorted(done.json["logs"], key=lambda log: log["origin"])
        self.assertEqual((own["compared"], own["agree"], own["consistent"]),
                         (True, own["receipts"], own["checkpoints"]))
        self.assertGreaterEqual(own["receipts"], 3)
        self.assertEqual(set(done.json["counts"].values()), {0})
        self.assertFalse(other["compared"])
        self.assertGreater(other["receipts"], 0)

    def test_a_log_of_many_tiles_is_read_whole(self):
        """As files and over HTTP, where several are asked for at once."""
        rewritten = Rewritten(self.demo, self.xa)
        rewritten.log.fill(6 * published.TILE + 88)
        folder = rewritten.folder()
        with aside(self.xa.log, folder):
            over_http = self.check()
        for done in (self.check("--log", folder), over_http):
            self.assertEqual(done.code, 0, done)
            self.assertIn(rewritten.log.size, [log.get("size") for log in done.json["logs"]])

    def test_both_parties_agree_with_both_logs(self):
        for context in ("xa-ca-01", "xc-ca-01"):
            done = self.check("--log", self.xa.log, "--log", self.xc.log, context=context)
            self.assertEqual(done.code, 0, done)
            self.assertEqual([(log["compared"], log["receipts"] - log["agree"])
                              for log in done.json["logs"]], [(True, 0)] * 2)

    def own_index(self):
        """Where an entry about a message of XA-CA-01 is that is not the last such."""
        rewritten = Rewritten(self.demo, self.xa)
        rewritten.entries.reverse()
        done = self.check("--log", rewritten.folder())
        return min(row["index"] for row in self.found(done, "moved"))

    def test_a_dropped_entry_is_omitted_and_proves_two_histories(self):
        rewritten, index = Rewritten(self.demo, self.xa), self.own_index()
        del rewritten.entries[index]
        rewritten.log.fill(rewritten.log.size + 5)
        folder = rewritten.folder()
        done = self.check("--log", folder)
        self.assertEqual((done.code, done.error["code"]), (FORK, "E_FORK"), done)
        self.assertEqual([row["index"] for row in self.found(done, "omitted")], [index])
        self.assertTrue(all(row["at"] == [row["index"] - 1] for row in self.found(done, "moved")))
        fork, = self.found(done, "fork")
        self.assert_kept(fork, folder)

    def test_a_changed_entry_is_altered_and_proves_two_histories(self):
        rewritten, index = Rewritten(self.demo, self.xa), self.own_index()
        rewritten.entries[index] = forge.entry(1, {1: 1, 2: 9, 3: 0})[0]
        folder = rewritten.folder()
        done = self.check("--log", folder)
        self.assertEqual(done.code, FORK, done)
        self.assertEqual([row["index"] for row in self.found(done, "altered")], [index])
        self.assertEqual((self.found(done, "omitted"), self.found(done, "moved")), ([], []))
        fork, = self.found(done, "fork")
        self.assert_kept(fork, folder)

    def test_a_doubled_entry_is_duplicated(self):
        rewritten, index = Rewritten(self.demo, self.xa), self.own_index()
        rewritten.log.add(rewritten.entries[index])
        done = self.check("--log", rewritten.folder())
        self.assertEqual((done.code, done.error["code"]), (VERIFY, "E_HASH"), done)
        row, = done.json["findings"]
        self.assertEqual((row["finding"], row["at"]), ("duplicated", [index, rewritten.log.size - 1]))

    def test_tiles_that_the_checkpoint_does_not_sign_are_unsound_and_no_fork(self):
        rewritten, index = Rewritten(self.demo, self.xa), self.own_index()
        note = rewritten.log.note().encode()
        rewritten.entries[index] = forge.entry(1, {1: 1, 2: 9, 3: 0})[0]
        folder = rewritten.folder(sign=False)
        write(f"{folder}/checkpoint", note)
        done = self.check("--log", folder)
        self.assertEqual(done.code, VERIFY, done)
        self.assertEqual([row["finding"] for row in done.json["findings"]],
                         ["unsound", "altered"])

    def test_a_rolled_back_log_is_caught(self):
        rewritten, index = Rewritten(self.demo, self.xa), self.own_index()
        del rewritten.entries[index + 1:]
        folder = rewritten.folder()
        done = self.check("--log", folder)
        self.assertEqual(done.code, FORK, done)
        self.assertEqual(self.found(done, "fork"), [])
        self.assertTrue(self.found(done, "omitted"))
        rollback, = self.found(done, "rollback")
        self.assert_kept(rollback, folder)

    def test_another_key_or_a_missing_tile_is_no_log(self):
        rewritten = Rewritten(self.demo, self.xa)
        folder = rewritten.folder()
        shutil.rmtree(f"{folder}/tile/0")
        done = self.check("--log", folder)
        self.assertEqual((done.code, done.json["counts"]["unsound"]), (VERIFY, 1), done)
        rewritten.log.key = forge.Key.make(os.path.join(folder, "other.key"))
        done = self.check("--log", rewritten.folder())
        self.assertEqual((done.code, done.json["counts"]["unsound"]), (VERIFY, 1), done)
        self.assertIn("note.key", done.out)

    # ---- the own gateway ----

    def assert_hidden(self, done, gateway):
        """Its log is named as one that was not compared, for people, too."""
        origin = self.demo.vkey(gateway).split("+")[0]
        hidden, = self.found(done, "hidden")
        self.assertEqual((hidden["origin"], hidden["source"]), (origin, gateway.id))
        self.assertGreater(hidden["receipts"], 0)
        self.assertIn("NOT COMPARED", hidden["message"])
        row, = [log for log in done.json["logs"] if log["origin"] == origin]
        self.assertEqual((row["compared"], row["receipts"]), (False, hidden["receipts"]))
        return origin

    def test_a_gateway_that_shows_another_log_hides_its_own(self):
        """That of the other State, with its good signature and all of its receipts."""
        with aside(self.xa.log, self.xc.log):
            done = self.check()
            text = demo.run(demo.COMITY, "audit", "crosscheck", "--context", "xa-ca-01",
                            env=self.demo.env)
        self.assertEqual(done.code, VERIFY, done)
        self.assertEqual(done.error["code"], "E_HASH")
        origin = self.assert_hidden(done, self.xa)
        unsound, = self.found(done, "unsound")
        other = self.demo.vkey(self.xc).split("+")[0]
        self.assertEqual((unsound["source"], unsound["shown"]), ("XA-GW-01", other))
        self.assertIn("no log of its own", done.error["message"])
        self.assertEqual(text.code, VERIFY, text)
        self.assertRegex(text.out, f"(?m)^hidden +{origin}: NOT COMPARED")
        self.assertEqual(self.check().code, 0)

    def test_a_log_that_is_not_the_own_one_is_found_by_either_party(self):
        with aside(self.xc.log, self.xa.log):
            done = self.check(context="xc-ca-01")
            self.assertEqual(self.check().code, 0)
        self.assertEqual(done.code, VERIFY, done)
        self.assert_hidden(done, self.xc)

    def test_no_log_at_all_is_not_good(self):
        with aside(self.xa.log):
            self.assertNotEqual(self.check().code, 0)

    # ---- a ministry ----

    def test_two_states_logs_agree(self):
        here, other = self.mirror("XA"), self.mirror("XC")
        for one, two in ((here, other), (other, here)):
            done = self.check("--mirror", one, "--other", two)
            self.assertEqual(done.code, 0, done)
            told = done.json["logs"][-1]
            self.assertGreaterEqual(told["agree"], 3)
            self.assertEqual((told["waiting"], told["unseen"]), (0, 0))
        done = self.check("--mirror", here, "--other", here)
        self.assertEqual(done.code, 2, done)

    def test_what_a_ministry_may_not_know_is_no_difference(self):
        """Case A.3 is confidential: to the ministry of its sender a count."""
        done = self.check("--mirror", self.mirror("XA", "min"), "--other", self.mirror("XC"))
        self.assertEqual(done.code, 0, done)
        told = done.json["logs"][-1]
        self.assertEqual(told["unseen"], 1)
        self.assertGreaterEqual(told["agree"], 2)

    def test_a_mirror_that_is_behind_says_nothing_of_what_is_newer(self):
        here = self.mirror("XA")
        self.assertEqual(self.check("--mirror", here).code, 0)
        message = self.demo.accepted(demo.plain("CROSS-2"))
        demo.until(lambda: self.demo.stage(message) == "relayed", "it is relayed")
        done = self.check("--mirror", here)
        self.assertEqual((done.code, done.error["code"]), (STALE, "E_STALE"), done)
        self.assertEqual([row["finding"] for row in done.json["findings"]], ["behind"])
        here = self.mirror("XA")
        self.assertEqual(self.check("--mirror", here).code, 0)


if __name__ == "__main__":
    demo.main()
