"""comity audit watch: what a mirrored log shows to cron, Nagios and Prometheus."""

import os
import re
import shutil

import contexts
import crosscheck
import demo
import forge
import texts

STALE, FORK = 10, 11
PARTS = {"mirror", "signature", "quorum", "growth", "volume", "rulebook", "keys", "receipts",
         "evidence", "own evidence"}
METRIC = re.compile(r'([a-z_]+)\{gateway="XA-GW-01",origin="[^"]*",check="([^"]*)"\} (-?\d+)')


class WatchTest(crosscheck.Reconciled):
    def watch(self, *words, context="xa-dpa-01"):
        return self.demo.comity("audit", "watch", *words, context=context)

    def plain(self, *words):
        return demo.run(demo.COMITY, "audit", "watch", *words, "--context", "xa-dpa-01",
                        env=self.demo.env)

    def rows(self, done):
        return {row["name"]: row for row in done.json["rows"]}

    def test_all_is_well_with_a_log_that_was_just_mirrored(self):
        """But that parties were listed today, with their keys, somebody should know."""
        done = self.watch("--sync")
        rows = self.rows(done)
        self.assertEqual((done.code, done.json["check"], done.json["state"]),
                         (0, "watch", "WARNING"), done)
        self.assertEqual(set(rows), PARTS | {"sync"})
        self.assertEqual({name for name, row in rows.items() if row["state"] != "OK"}, {"keys"})
        self.assertIn("sealing", rows["keys"]["message"])
        self.assertGreater(rows["mirror"]["size"], 5)

    def test_an_agency_watches_its_own_receipts_in_a_mirror(self):
        done = self.watch("--mirror", self.mirror("XA"), context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        self.assertIn("all of the archive", self.rows(done)["receipts"]["message"])

    def test_without_a_mirror_nothing_is_said_to_be_well(self):
        nowhere = os.path.join(demo.temporary_folder(), "nothing")
        done = self.watch("--mirror", nowhere)
        self.assert_fails(done, 2, "CONFIG")
        done = self.plain("--mirror", nowhere, "--nagios")
        self.assertEqual(done.code, 3, done)
        self.assertTrue(done.out.startswith("COMITY UNKNOWN - "), done)

    def test_nagios_gets_one_line_and_its_exit_code(self):
        self.mirror("XA")
        done = self.plain("--nagios")
        self.assertEqual((done.code, done.err, done.out.count("\n")), (1, "", 1), done)
        words, figures = done.out.split(" |")
        self.assertTrue(words.startswith("COMITY WATCH WARNING - keys: "), done)
        self.assertRegex(figures, r" since_sync=\d+s;7200;86400 ")
        self.assertRegex(figures, r" since_last_entry=\d+s;86400;172800 ")

    def test_prometheus_gets_each_figure_once_and_explained(self):
        self.mirror("XA")
        done = self.plain("--prometheus")
        self.assertEqual((done.code, done.err), (0, ""), done)
        explained, seen = [], set()
        for line in done.out.splitlines():
            if line.startswith("# HELP "):
                self.assertNotIn(line.split(" ")[2], explained)
                explained.append(line.split(" ")[2])
            elif line.startswith("# TYPE "):
                self.assertEqual(line.split(" ")[2:], [explained[-1], "gauge"])
            else:
                name, check, _ = METRIC.fullmatch(line).groups()
                self.assertEqual(name, explained[-1], line)
                self.assertNotIn((name, check), seen)
                seen.add((name, check))
        self.assertEqual({check for name, check in seen if name == "comity_watch_state"}, PARTS)
        self.assertIn(("comity_watch_since_sync_seconds", "mirror"), seen)

    def test_a_lost_quorum_is_critical(self):
        """By a directory that asks for a witness that nobody asked."""
        rulebook = os.path.join(demo.temporary_folder(), "rulebook")
        shutil.copytree(self.rulebook, rulebook)
        key = forge.Key.make(os.path.join(rulebook, ".witness.key"))
        witness = forge.vkey("ministry.xa.example/witness/1", forge.COSIGNATURE, key.public)
        texts.change_where(f"{rulebook}/states/demo", r'(?m)^( *)(log "xa-gw-01.* quorum) 0$',
                           lambda row: f'{row[1]}{row[2]} 1\n{row[1]}  witness XA '
                                       f'"{witness}"')
        contexts.change(self.demo, "xa-dpa-02", "xa-dpa-01", directory=rulebook)
        mirror = self.mirror("XA")
        done = self.watch("--mirror", mirror, context="xa-dpa-02")
        self.assertEqual(done.code, STALE, done)
        rows = self.rows(done)
        self.assertEqual((rows["quorum"]["state"], rows["law"]["state"]), ("CRITICAL", "WARNING"))
        self.assertEqual(rows["witness ministry.xa.example/witness/1"]["state"], "WARNING")

    def test_evidence_of_a_second_history_is_an_alarm(self):
        mirror = os.path.join(demo.temporary_folder(), "mirror")
        shutil.copytree(self.mirror("XA"), mirror)
        os.makedirs(f"{mirror}/demo/evidence", exist_ok=True)
        with open(f"{mirror}/demo/evidence/found.kept", "w", encoding="utf-8") as file:
            file.write("a checkpoint")
        done = self.watch("--mirror", mirror)
        self.assertEqual(done.code, FORK, done)
        self.assertEqual(self.rows(done)["evidence"]["state"], "CRITICAL")
        self.assertEqual(self.plain("--mirror", mirror, "--nagios").code, 2)

    def test_thresholds_are_read_strictly(self):
        for words in (("--quiet-hours", "0"), ("--period", "x"), ("--jump", "-1"),
                      ("--warning", "5", "--critical", "4")):
            self.assertEqual(self.watch(*words).code, 2, words)


if __name__ == "__main__":
    demo.main()
