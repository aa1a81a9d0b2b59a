"""comity admin backup and verify-backup: a copy of a journal that is being written, and what is wrong
with one that is not good; and what the lock alone makes of a log that would be signed twice."""

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile

import admin
import demo
import forge
import ministry


def signed(vkey, note):
    """The size in a note, which the log must have signed."""
    name, _, key = vkey.split("+", 2)
    text, lines = note.split("\n\n")
    blob = base64.b64decode(lines.split(f"\u2014 {name} ")[1].split("\n")[0])
    with tempfile.TemporaryDirectory() as folder:
        for part, octets in (("key", ministry.PUBLIC + base64.b64decode(key)[1:]),
                             ("signature", blob[4:]), ("text", f"{text}\n".encode())):
            with open(f"{folder}/{part}", "wb") as file:
                file.write(octets)
        forge.Key.openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey",
                          f"{folder}/key", "-sigfile", f"{folder}/signature", "-in",
                          f"{folder}/text")
    return int(text.split("\n")[1])


class Backup(admin.Admin):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vkey = cls.demo.vkey()

    def notes_kept(self, said):
        """What the lock's refusal has left: its side and the journal's."""
        path = re.search(r"Both checkpoints are kept as (\S+)\.\*", said)[1]
        self.assertEqual(os.path.dirname(path), os.path.join(self.demo.folder, "lock", "forks"))
        sides = [f"{path}.{side}.note" for side in ("lock", "journal")]
        self.assertEqual([stat.S_IMODE(os.stat(side).st_mode) for side in sides], [0o600] * 2)
        return [demo.read(side).decode() for side in sides]

    def setUp(self):
        self.folder = demo.temporary_folder()
        os.chmod(self.folder, 0o777)
        self.dir = os.path.join(self.folder, "backup")

    def verify(self):
        return self.ask("admin", "verify-backup", self.dir)

    def assert_wrong(self, sentence):
        done = self.verify()
        self.assert_fails(done, 9, "E_HASH")
        self.assertIn(sentence, done.error["message"])

    def test_one_made_while_messages_come_is_whole(self):
        sending = [subprocess.Popen([demo.COMITY, "request", "send", "-f", "-", "--to", "XC-CA-01",
                                     "--context", "xa-ca-01", "--json"], env=self.demo.env,
                                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
                   for _ in range(4)]
        for i, one in enumerate(sending):
            one.stdin.write(json.dumps(demo.plain(f"BUSY-{i}")))
            one.stdin.close()
        made = self.admin("backup", self.dir)
        for one in sending:
            self.assertEqual(one.wait(demo.DEADLINE_S), 0)
        self.assertEqual(self.verify().json, made)
        self.assertEqual(sorted(os.listdir(self.dir)), ["checkpoint", "journal.db", "manifest"])
        subprocess.run(["sha256sum", "--status", "-c", "manifest"], cwd=self.dir, check=True)
        self.assertEqual({stat.S_IMODE(os.stat(os.path.join(self.dir, name)).st_mode)
                          for name in os.listdir(self.dir)}, {0o600})
        self.assertEqual(self.ask("admin", "backup", self.dir).code, 2)
        self.assertEqual(self.verify().code, 0)

    def test_what_is_wrong_with_one_is_named(self):
        self.admin("backup", self.dir)
        for name in ("journal.db", "checkpoint", "manifest"):
            path = os.path.join(self.dir, name)
            good = demo.read(path)
            for bad in (good[:-1] + bytes([good[-1] ^ 1]), good[:len(good) // 2], b""):
                with open(path, "wb") as file:
                    file.write(bad)
                self.assert_wrong(name)
            os.rename(path, path + ".away")
            self.assert_wrong(f"{name}: missing")
            os.rename(path + ".away", path)
            with open(path, "wb") as file:
                file.write(good)
        self.assertEqual(self.verify().code, 0)

    def test_another_gateways_is_not_ours(self):
        self.admin("backup", self.dir, gateway=self.corland)
        self.assert_wrong("another log's")

    def test_a_restored_one_is_not_signed_over(self):
        """The lock database knows more: nothing is signed, and the right journal goes on."""
        self.admin("backup", self.dir)
        self.demo.accepted(demo.plain("AFTER"))
        size = self.demo.settled_size(party="XA-CA-01")
        self.demo.end()
        kept = self.demo.journal + ".kept"
        os.rename(self.demo.journal, kept)
        demo.run("cp", "-a", self.dir, self.demo.journal)
        said = self.demo.launch()
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), 11)
        self.assertIn("nothing may be signed", said)
        lock, journal = self.notes_kept(said)
        self.assertEqual(journal, demo.read(os.path.join(self.dir, "checkpoint")).decode())
        self.assertLess(signed(self.vkey, journal), signed(self.vkey, lock))
        published = demo.read(os.path.join(self.demo.log, "checkpoint")).decode()
        self.assertTrue(published.startswith(lock), "what was signed last")
        shutil.rmtree(self.demo.journal)
        os.rename(kept, self.demo.journal)
        self.demo.start()
        self.assertGreaterEqual(self.demo.log_grown_to(size + 2), size + 2)

    def copies(self, folders, there, back):
        """With owners: the gateway runs as somebody else."""
        for folder in folders:
            demo.run("rm", "-rf", folder + back)
            demo.run("cp", "-a", folder + there, folder + back)

    def test_a_second_history_is_stopped_by_the_lock_alone(self):
        """Nobody else sees anything of it: the peer is down, and no message is sent. Each start
        and each stop is an entry."""
        log = [self.demo.journal, self.demo.log]
        lock = [os.path.join(self.demo.folder, "lock")]
        self.demo.end()
        self.copies(log + lock, "", ".before")
        self.corland.end()
        self.demo.start()
        self.demo.end()
        self.copies(log + lock, "", ".right")
        self.copies(log + lock, ".before", "")
        for _ in range(2):
            self.demo.start()
            self.demo.end()
        self.copies(lock, ".right", "")
        said = self.demo.launch()
        self.assertEqual(self.demo.process.wait(timeout=demo.DEADLINE_S), 11)
        self.assertIn("do not give the root of the last signed checkpoint", said)
        ours, others = self.notes_kept(said)
        self.assertLess(signed(self.vkey, ours), signed(self.vkey, others))
        for note, folder in ((ours, f"{self.demo.log}.right"), (others, self.demo.log)):
            published = demo.read(os.path.join(folder, "checkpoint")).decode()
            self.assertTrue(published.startswith(note), folder)
        self.copies(log + lock, ".right", "")
        self.demo.start()
        self.corland.start()
        self.demo.accepted(demo.plain("AGAIN"))


if __name__ == "__main__":
    demo.main()
