"""What a party keeps: readable for years, exported for others, removed when it is old; contexts."""

import fcntl
import json
import os
import re
import subprocess

import demo

PARTIES = os.path.join("rulebook", "parties", "XA")


class Archive(demo.DemoTest):
    def archive(self, *words, context="xa-ca-01"):
        return self.demo.comity("archive", *words, context=context)

    def kinds(self, message, context):
        done = self.archive("show", message, context=context)
        self.assertEqual(done.code, 0, done)
        return sorted((row["kind"], row["state"]) for row in done.rows)

    def test_both_sides_keep_their_part(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        self.assertEqual(self.kinds(message, "xa-ca-01"),
                         [("receipt", "accepted"), ("submission", "accepted")])
        self.assertEqual(self.kinds(message, "xc-ca-01"), [("message", "")])
        logs = self.archive("list", "--kind", "checkpoint").rows
        self.assertEqual([row["origin"] for row in logs], [self.demo.vkey().split("+")[0]])
        self.assert_fails(self.archive("show", message, context="xc-ca-01-none"), 2, "CONFIG")
        self.assert_fails(self.archive("list", "--kind", "mail"), 2, "USAGE")

    def test_a_message_is_exported_and_never_over_a_file(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        folder = os.path.join(demo.temporary_folder(), "evidence")
        for context, names in (("xa-ca-01", ["receipt.accepted", "submission"]),
                               ("xc-ca-01", ["message", "sealing.crt"])):
            done = self.archive("export", message, "--dir", folder, context=context)
            self.assertEqual(done.code, 0, done)
            self.assertEqual(sorted(row["file"] for row in done.rows),
                             [os.path.join(folder, f"{message}.{name}") for name in names])
        kept = self.archive("show", message).rows
        for row in kept:
            name = row["kind"] + ("." + row["state"] if row["kind"] == "receipt" else "")
            self.assertEqual(os.path.getsize(os.path.join(folder, f"{message}.{name}")), row["size"])
        sealed = demo.read(os.path.join(folder, message + ".submission"))
        self.assertIn(b"Mirela", sealed)
        self.assertNotIn(b"Blue Lantern House", sealed)
        again = self.archive("export", message, "--dir", folder)
        self.assert_fails(again, 1, "STORE")
        self.assert_fails(self.archive("export", message), 2, "USAGE")

    def test_old_records_are_removed_and_told(self):
        message = self.demo.accepted(demo.a3())
        self.assert_fails(self.archive("prune", "--before", "2099-01-01"), 2, "USAGE")
        self.assert_fails(self.archive("prune", "--before", "soon", "--yes"), 2, "USAGE")
        self.assert_fails(
            self.archive("prune", "--before", "2099-01-01", "--kind", "checkpoint", "--yes"), 2,
            "CONFIG")
        told = self.archive("prune", "--before", "2099-01-01", "--dry-run")
        self.assertIn(message, [row["id"] for row in told.rows], told)
        self.assertEqual(self.archive("prune", "--before", "2020-01-01", "--yes").rows, [])
        gone = self.archive("prune", "--before", "2099-01-01", "--yes")
        self.assertEqual(sorted(row["id"] for row in gone.rows),
                         sorted(row["id"] for row in told.rows))
        self.assert_fails(self.archive("show", message), 5, "E_UNKNOWN")
        self.assertEqual([row["kind"] for row in self.archive("list").rows], ["checkpoint"])

    def test_an_unsent_message_is_listed_with_the_way_to_resume_it(self):
        context = os.path.join(self.demo.env["COMITY_HOME"], "contexts")
        with open(os.path.join(context, "xa-ca-01.json"), encoding="utf-8") as file:
            nowhere = dict(json.load(file), address="127.0.0.1:1", archive="archive/nowhere")
        with open(os.path.join(context, "nowhere.json"), "w", encoding="utf-8") as file:
            json.dump(nowhere, file)
        done = self.demo.send(demo.a3(), context="nowhere")
        message = done.json["recipients"][0]["id"]
        self.assertEqual((done.code, done.json["recipients"][0]["outcome"]), (7, "unsent"), done)
        listed = demo.run(demo.COMITY, "request", "list", "--context", "nowhere",
                          env=self.demo.env)
        self.assertEqual(listed.code, 7, listed)
        self.assertIn("unsent", listed.out)
        self.assertIn(f"request send --resume {message}", listed.err)
        pruned = self.demo.comity("archive", "prune", "--before", "2099-01-01", "--yes",
                                  context="nowhere")
        self.assertEqual((pruned.code, pruned.out), (0, ""), pruned)
        with open(os.path.join(context, "nowhere.json"), "w", encoding="utf-8") as file:
            json.dump(dict(nowhere, address=self.demo.gateway["address"]), file)
        again = self.demo.comity("request", "send", "--resume", message, context="nowhere")
        self.assertEqual((again.code, again.json["recipients"][0]["outcome"]), (0, "accepted"), again)
        self.assertIn(message, [row["id"] for row in self.demo.inbox()])


class Damaged(demo.DemoTest):
    """Records that were changed, or cut by a disk: the others are there all the same."""

    def files(self, context, kind):
        folder = os.path.join(self.demo.context(context)["archive"], kind)
        return set(demo.files_below(folder))

    def made(self, context, kind, *make):
        """What make gives, and the one file of this kind that it left in the archive."""
        before = self.files(context, kind)
        given = make[0](*make[1:])
        (path,) = self.files(context, kind) - before
        return given, path

    def damage(self, path):
        """One octet is changed; with the test's end it is as it was."""
        whole = demo.read(path)
        self.addCleanup(self.put, path, whole)
        self.put(path, whole[:-1] + bytes([whole[-1] ^ 1]))

    @staticmethod
    def put(path, octets):
        with open(path, "wb") as file:
            file.write(octets)

    def assert_unsound(self, done, count):
        self.assert_fails(done, 9, "CRYPTO")
        self.assertIn(f"{count} record", done.error["message"])
        self.assertIn("backup", done.error["hint"])

    def ids(self, done):
        return {row["id"] for row in done.rows}

    def test_own_messages_are_listed_without_those_that_do_not_open(self):
        bad, path = self.made("xa-ca-01", "submissions", self.demo.accepted, demo.plain("S-1"))
        cut, other = self.made("xa-ca-01", "submissions", self.demo.accepted, demo.plain("S-2"))
        good = self.demo.accepted(demo.plain("S-3"))
        self.damage(path)
        self.addCleanup(self.put, other, demo.read(other))
        self.put(other, demo.read(other)[:100])
        done = self.demo.comity("request", "list", context="xa-ca-01")
        self.assert_unsound(done, 2)
        self.assertEqual({good} & self.ids(done), {good})
        self.assertEqual({bad, cut} & self.ids(done), set())
        for words in (("archive", "list"), ("archive", "prune", "--before", "2020-01-01", "--yes")):
            self.assert_unsound(self.demo.comity(*words, context="xa-ca-01"), 2)
        for message in (bad, cut):
            done = self.demo.comity("request", "send", "--resume", message, context="xa-ca-01")
            self.assert_fails(done, 1, "CRYPTO")
        self.doCleanups()
        done = self.demo.comity("request", "list", context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        self.assertLessEqual({bad, cut, good}, self.ids(done))

    def test_an_answer_that_does_not_open_leaves_the_message_listed(self):
        message, path = self.made("xa-ca-01", "answers", self.demo.accepted, demo.plain("A-1"))
        self.damage(path)
        done = self.demo.comity("request", "list", context="xa-ca-01")
        self.assert_unsound(done, 1)
        self.assertEqual([row["state"] for row in done.rows if row["id"] == message], ["unsent"])
        again = self.demo.comity("request", "send", "--resume", message, context="xa-ca-01")
        self.assertEqual(again.code, 0, again)  # and so it is known again
        self.assertEqual(self.demo.comity("request", "list", context="xa-ca-01").code, 0)

    def test_received_messages_are_listed_without_those_that_do_not_open(self):
        bad, good = (self.demo.accepted(demo.plain(f"M-{n}")) for n in (1, 2))
        _, path = self.made("xc-ca-01", "messages", self.demo.show, bad)
        self.assertEqual(self.demo.show(good).code, 0)
        self.damage(path)
        done = self.demo.comity("request", "list", context="xc-ca-01")
        self.assert_unsound(done, 1)
        self.assertIn(good, self.ids(done))
        self.assert_fails(self.demo.show(bad), 1, "CRYPTO")
        self.assertEqual(self.demo.show(good).code, 0)

    def test_the_inbox_is_listed_whatever_does_not_open(self):
        message, new = (self.demo.accepted(demo.plain(f"I-{n}")) for n in (1, 2))
        self.assertEqual(self.demo.show(message).code, 0)
        words = ("request", "ack", message)
        _, path = self.made("xc-ca-01", "replies",
                            lambda: self.demo.comity(*words, context="xc-ca-01"))
        self.damage(path)
        for checkpoint in self.files("xc-ca-01", "checkpoints"):
            self.damage(checkpoint)
        done = self.demo.comity("request", "inbox", context="xc-ca-01")
        self.assert_unsound(done, 2)
        self.assertLessEqual({message, new}, self.ids(done))
        self.assertEqual([row["state"] for row in done.rows if row["id"] == message], ["open"])
        self.assertEqual(self.demo.show(message).code, 0)  # it was verified when it came
        self.assert_unsound(self.demo.show(new), 1)  # nobody could say that the log is the same
        self.doCleanups()
        self.assertEqual(self.demo.show(new).code, 0)
        done = self.demo.comity("request", "inbox", context="xc-ca-01")
        self.assertEqual(done.code, 0, done)


def leads_to(link, path):
    """Of a process that goes on meanwhile: what was open may be closed."""
    try:
        return os.readlink(link) == path
    except FileNotFoundError:
        return False


class Together(demo.DemoTest):
    """Two programs of one party at the same time."""

    def begun(self, *words, context):
        process = subprocess.Popen([demo.COMITY, *words, "--context", context, "--json"],
                                   env=self.demo.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def wait_for_lock(self, process, folder):
        """Until the process has opened the folder, which it does to lock it alone."""
        files = f"/proc/{process.pid}/fd"

        def opened():
            return any(leads_to(f"{files}/{name}", folder) for name in os.listdir(files))
        demo.until(opened, "the archive is waited for")

    def test_two_acknowledgements_are_one(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        folder = os.path.realpath(self.demo.context("xc-ca-01")["archive"])
        archive = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self.addCleanup(os.close, archive)
        fcntl.flock(archive, fcntl.LOCK_EX)
        both = [self.begun("request", "ack", message, context="xc-ca-01") for _ in range(2)]
        for process in both:
            self.wait_for_lock(process, folder)
        fcntl.flock(archive, fcntl.LOCK_UN)
        ids = set()
        for process in both:
            out, err = process.communicate(timeout=demo.DEADLINE_S)
            self.assertEqual(process.returncode, 0, err)
            ids.add(json.loads(out)["recipients"][0]["id"])
        self.assertEqual(len(ids), 1)
        arrived = [row["id"] for row in self.demo.inbox("xa-ca-01") if row["type"] == "mla.ack"]
        self.assertEqual(arrived, list(ids))


class Contexts(demo.DemoTest):
    def test_a_context_is_chosen_for_commands_that_name_none(self):
        self.assert_fails(self.demo.comity("request", "inbox"), 2, "E_UNKNOWN")
        self.assert_fails(self.demo.comity("context", "use", "nobody"), 2, "CONFIG")
        tried = self.demo.comity("context", "use", "xc-ca-01", "--dry-run")
        self.assertEqual(tried.code, 0, tried)
        self.assert_fails(self.demo.comity("request", "inbox"), 2, "E_UNKNOWN")
        self.assertEqual(self.demo.comity("context", "use", "xc-ca-01").code, 0)
        self.assertEqual(self.demo.comity("request", "inbox").code, 0)


class Retired(demo.DemoTest):
    """The sender's sealing certificate after the messages were sealed."""

    def sealing(self):
        return os.path.join(self.demo.dir, PARTIES)

    def rewrite(self, change):
        for path in demo.files_below(self.sealing()):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            with open(path, "w", encoding="utf-8") as file:
                file.write(change(text))

    def test_what_was_verified_can_be_read_without_the_directory(self):
        old = self.demo.accepted(demo.a3())
        new = self.demo.accepted(demo.a3())
        first = self.demo.show(old)
        self.assertEqual(first.code, 0, first)
        self.rewrite(lambda text: re.sub(r"sealing from \S+ until \S+",
                                         "sealing from 2020-01-01 until 2021-01-01", text))
        retracted = self.demo.show(old)
        self.assert_fails(retracted, 9, "E_SIG")  # it still stands there: that is what counts
        self.rewrite(lambda text: re.sub(r"(?m)^ *sealing .*\n", "", text))
        again = self.demo.show(old)
        self.assertEqual((again.code, again.json), (0, first.json), again)
        self.assert_fails(self.demo.show(new), 9, "E_SIG")


if __name__ == "__main__":
    demo.main()
