"""The lock database of a gateway is lost. Nobody knows any more what was signed, so its log cannot go
on; another is begun, as the runbook says, and the other State's gateway goes on with it."""

import os
import shutil

import admin
import demo
import forge
import texts

FORK = 11


class LockLost(admin.Admin):
    def arrives(self, message, context):
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox(context)],
                   "it arrives", admin.BACK_S)

    def refused(self):
        """The gateway signs nothing, and nothing changes however often it is started."""
        before = list(demo.folder_octets(self.corland.journal))
        for _ in range(2):
            said = self.corland.launch()
            self.assertEqual(self.corland.process.wait(timeout=demo.DEADLINE_S), FORK)
            self.assertIn("the lock database has never seen this log; nothing may be signed", said)
        self.assertEqual(list(demo.folder_octets(self.corland.journal)), before)
        done = self.ask("admin", "diagnose", gateway=self.corland)
        self.assertEqual((done.code, done.json["state"]), (FORK, "CRITICAL"), done)

    def begin_another_log(self, origin):
        """Everything of the old one is kept for the auditors."""
        corland, key = self.corland, f"{self.demo.pki}/XC/gateways/XC-GW-01/log.key"
        other = f"{key}.second"
        public = forge.Key.make(other).public
        shutil.copymode(key, other)
        for folder in (corland.journal, corland.log):
            there = os.stat(folder)
            os.rename(folder, folder + ".kept")
            os.mkdir(folder, there.st_mode & 0o777)
            os.chown(folder, there.st_uid, there.st_gid)
        os.chown(other, os.stat(key).st_uid, os.stat(key).st_gid)
        texts.change_where(corland.config, r"(?m)^  origin: .*$", f"  origin: '{origin}'")
        texts.change_where(corland.config, r"(?m)^(  key: '.*/log\.key)'$", r"\1.second'")
        return forge.vkey(origin, forge.LOG, public)

    def list_both(self, origin, vkey):
        """The directory has the new log beside the old one, for all."""
        rows = f"{self.demo.dir}/rulebook/states/demo"
        texts.change_where(rows, r'(?m)^( *log )"(xc-gw-01[^"]*)" key "[^"]*"(.*)$',
                    lambda row: f'{row[0]}\n{row[1]}"{origin}" key "{vkey}"{row[3]}')
        demo.reissue(self.demo.pki, f"{self.demo.dir}/rulebook", "states")

    def test_another_log_is_begun_beside_the_old_one(self):
        read = self.demo.accepted(demo.plain("LOCK-1"))
        self.arrives(read, "xc-ca-01")
        self.assertEqual(self.demo.show(read).code, 0)
        demo.until(lambda: self.demo.stage(read) == "retrieved", "its sender is told", admin.BACK_S)
        self.demo.end()
        lost = self.demo.accepted(demo.plain("LOCK-2"), "XA-CA-01", "xc-ca-01")
        self.corland.end()
        self.demo.start()
        waiting = self.demo.accepted(demo.plain("LOCK-3"))
        for name in os.listdir(f"{self.corland.folder}/lock"):
            os.unlink(f"{self.corland.folder}/lock/{name}")
        self.refused()
        origin = "xc-gw-01.comity.example/audit/second"
        self.list_both(origin, self.begin_another_log(origin))
        self.admin("reload")
        self.corland.start()
        self.assertEqual(self.admin("status", gateway=self.corland)["log"]["origin"], origin)
        self.arrives(waiting, "xc-ca-01")
        self.assertEqual(self.demo.show(waiting).code, 0)
        demo.until(lambda: self.demo.stage(waiting) == "retrieved", "its sender is told",
                   admin.BACK_S)
        self.assertEqual([row["id"] for row in self.demo.inbox("xc-ca-01")].count(waiting), 1)
        # What the new journal does not know has no final stage at its sender, who makes it anew.
        done = self.demo.show(lost, "xc-ca-01")
        self.assert_fails(done, 5, "E_UNKNOWN")
        row = done.json["recipients"][0]
        self.assertEqual((row["stage"], row["proved"]), ("accepted", True))
        again = self.demo.accepted(demo.plain("LOCK-2"), "XA-CA-01", "xc-ca-01")
        self.arrives(again, "xa-ca-01")
        self.assertNotIn(lost, [row["id"] for row in self.demo.inbox("xa-ca-01")])
        # What was proved by the old log stays proved.
        self.assertEqual(self.demo.show(read).json["id"], read)
        self.assertIs(self.demo.show(read, "xa-ca-01").json["recipients"][0]["proved"], True)
        seen = {log["origin"]: log for log in self.peer()["logs"]}
        self.assertEqual(len(seen), 2)
        self.assertFalse(any(log["fork"] for log in seen.values()))


if __name__ == "__main__":
    demo.main()
