"""comity admin backup and verify-backup: a copy of a journal that is being written, and what is wrong
with one that is not good."""

import json
import os
import shutil
import stat
import subprocess

import admin
import demo


class Backup(admin.Admin):
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
        shutil.rmtree(self.demo.journal)
        os.rename(kept, self.demo.journal)
        self.demo.start()
        self.assertGreaterEqual(self.demo.log_grown_to(size + 2), size + 2)


if __name__ == "__main__":
    demo.main()
