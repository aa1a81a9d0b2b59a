"""What a party exports stands alone: checked with openssl as its README says, and by a program that
knows nothing of ours."""

import hashlib
import json
import os
import re
import subprocess
import time

import demo
import forge
import octets

VERIFY = os.path.join(demo.SOURCE, "clients", "verify", "verify.py")
FLIP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flip_evidence.py")
STEP = 1 if demo.LARGE else 29  # every so many octets
SECONDS = 1000 if demo.LARGE else 120
ALWAYS = {"README.txt", "SHA256SUMS", "checkpoint", "entry.cbor", "entry.json", "log.pem",
          "opening.cbor", "proof.tlog", "receipt.cbor", "vkeys"}


class Exports(demo.DemoTest):
    def folder(self):
        return os.path.join(demo.temporary_folder(), "evidence")

    def export(self, *words, context="xa-ca-01", folder=None):
        """The folder, and what the command said."""
        folder = folder or self.folder()
        done = self.demo.comity("audit", "export", *words, "-o", folder, context=context)
        return folder, done

    def exported(self, *words, context="xa-ca-01"):
        folder, done = self.export(*words, context=context)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.json["files"], len(list(demo.files_below(folder))))
        return folder

    def verify(self, folder, *more):
        return demo.run(VERIFY, folder, *more)

    def says(self, folder):
        """What the entry says, from a folder of which every check holds."""
        done = self.verify(folder)
        self.assertEqual(done.code, 0, done)
        return json.loads(done.out[done.out.index("{"):])

    def by_hand(self, folder):
        """The commands of README.txt, run as they stand there: what each section printed."""
        text = demo.read(os.path.join(folder, "README.txt")).decode()
        sections = re.split(r"(?m)^(\d+)\. ", text)
        script = ["set -euo pipefail"]
        for number, section in zip(sections[1::2], sections[2::2]):
            script.append(f"echo '== {number}'")
            script += [line[4:] for line in section.split("\n") if line.startswith("    ")]
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, capture_output=True,
                              text=True, timeout=demo.DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        parts = re.split(r"(?m)^== (\d+)\n", done.stdout)
        return {int(number): part.splitlines() for number, part in zip(parts[1::2], parts[2::2])}

    def assert_by_hand(self, folder, last):
        told = self.by_hand(folder)
        self.assertEqual(sorted(told), list(range(1, last + 1)))
        self.assertEqual(told[1], [])
        for number in (2, 4):
            self.assertEqual(len(told[number]), 2, told)
            self.assertEqual(told[number][0], told[number][1])
        self.assertEqual(told[3], ["Signature Verified Successfully"])
        if last > 4:
            self.assertEqual(told[6], ["Verified OK"])
        for number in {5, 7} & set(told):
            self.assertIn(told[number][0].split("= ")[1], told[number][1])

    def octets(self, folder):
        return {os.path.relpath(path, folder): demo.read(path)
                for path in demo.files_below(folder)}


class OneGateway(Exports):
    def test_the_senders_evidence_stands_alone(self):
        message = self.demo.accepted(demo.a3())
        folder = self.exported(message)
        said = self.says(folder)
        self.assertEqual((said["kind"], said["id"], said["from"], said["to"]),
                         ("disclosure", message, "XA-CA-01", "XC-CA-01"))
        self.assert_by_hand(folder, 6)
        self.assertEqual(set(os.listdir(folder)),
                         ALWAYS | {"seal.cose", "certificate.der", "fields"})
        fields = b"".join(self.octets(folder).values())
        self.assertIn(b"Mirela", fields)
        self.assertNotIn(b"Blue Lantern House", fields)  # LOCAL values were never sealed

    def test_the_recipients_evidence_has_what_was_released(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        folder = self.exported(message, context="xc-ca-01")
        self.assertEqual(self.says(folder)["id"], message)
        self.assert_by_hand(folder, 7)
        self.assertEqual(set(os.listdir(folder)), ALWAYS | {
            "seal.cose", "certificate.der", "release.cbor", "fields", "derived"})

    def test_the_same_evidence_is_the_same_octets_and_names_tell_nothing(self):
        message = self.demo.accepted(demo.a3())
        one, two = (self.octets(self.exported(message, "--cose")) for _ in range(2))
        self.assertEqual(one, two)
        self.assertIn("receipt.cose", one)
        self.demo.accepted(demo.plain("E-1"))  # the log goes on
        self.assertEqual(self.octets(self.exported(message)), one)
        for name in one:
            self.assertTrue(name in ALWAYS or re.fullmatch(
                r"receipt\.cose|seal\.cose|certificate\.der|fields/\d{4}", name), name)

    def test_only_a_cose_receipt_is_asked_of_the_gateway(self):
        message = self.demo.accepted(demo.a3())
        contexts = os.path.join(self.demo.env["COMITY_HOME"], "contexts")
        with open(os.path.join(contexts, "xa-ca-01.json"), encoding="utf-8") as file:
            away = dict(json.load(file), address="127.0.0.1:1")
        with open(os.path.join(contexts, "away.json"), "w", encoding="utf-8") as file:
            json.dump(away, file)
        folder, done = self.export(message, "--cose", context="away")
        self.assert_fails(done, 7, "E_UNAVAILABLE")
        self.assertFalse(os.path.exists(folder))
        self.assertNotIn("receipt.cose", os.listdir(self.exported(message, context="away")))
        self.exported(message, "--cose")
        folder = self.exported(message, "--cose", context="away")  # from the archive now
        self.assertIn("receipt.cose", os.listdir(folder))
        self.says(folder)

    def test_both_parties_get_a_cose_receipt_of_what_they_know(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        self.assertEqual(self.demo.stage(message), "retrieved")
        for words, context in (((message,), "xa-ca-01"), ((message,), "xc-ca-01"),
                               ((message, "--stage", "retrieved"), "xa-ca-01")):
            folder = self.exported(*words, "--cose", context=context)
            self.assertIn("receipt.cose", os.listdir(folder))
            self.says(folder)

    def test_any_stage_is_exported_and_what_there_is_not_is_unknown(self):
        message = self.demo.accepted(demo.a3())
        self.assertEqual(self.demo.show(message).code, 0)
        self.assertEqual(self.demo.stage(message), "retrieved")
        for stage in ("accepted", "delivered", "retrieved"):
            said = self.says(self.exported(message, "--stage", stage))
            self.assertEqual((said["stage"], said["id"]), (stage, message))
        for words in (("--stage", "held"), ("--stage", "not-delivered"), ("--gateway", "XC-GW-01")):
            folder, done = self.export(message, *words)
            self.assert_fails(done, 5, "E_UNKNOWN")
            self.assertFalse(os.path.exists(folder))
        self.assert_fails(self.export("7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1")[1], 5, "E_UNKNOWN")
        self.assert_fails(self.export(message, context="xc-pol-01")[1], 2, "CONFIG")

    def test_a_receipt_in_a_file_is_enough_and_a_wrong_one_is_not_exported(self):
        message = self.demo.accepted(demo.a3())
        kept = os.path.join(demo.temporary_folder(), "kept")
        done = self.demo.comity("archive", "export", message, "--dir", kept, context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        path = os.path.join(kept, f"{message}.receipt.accepted")
        folder = self.exported("--receipt", path)
        self.assertEqual(set(os.listdir(folder)), ALWAYS)
        self.assertEqual(self.says(folder)["id"], message)
        self.assert_by_hand(folder, 4)
        octets = demo.read(path)
        for place in (20, 100, len(octets) - 200):
            with open(path, "wb") as file:
                file.write(octets[:place] + bytes([octets[place] ^ 1]) + octets[place + 1:])
            folder, done = self.export("--receipt", path)
            self.assertEqual(done.code, 9, done)
            self.assertFalse(os.path.exists(folder))
        self.assert_fails(self.export("--receipt", kept)[1], 2, "USAGE")

    def test_evidence_is_never_written_over(self):
        message = self.demo.accepted(demo.a3())
        folder = self.exported(message)
        before = self.octets(folder)
        _, done = self.export(message, "--stage", "accepted", folder=folder)
        self.assert_fails(done, 1, "STORE")
        self.assertEqual(self.octets(folder), before)
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
        for path in demo.files_below(folder):
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        folder, done = self.export(message, "--dry-run")
        self.assertEqual(done.code, 0, done)
        self.assertFalse(os.path.exists(folder))

    def test_what_is_asked_for_has_to_be_clear(self):
        message = self.demo.accepted(demo.plain("E-2"))
        for words in ((), (message, "--receipt", "x"), ("--receipt", "x", "--cose"),
                      ("--receipt", "x", "--stage", "accepted")):
            self.assert_fails(self.export(*words)[1], 2, "USAGE")
        done = self.demo.comity("audit", "export", message, context="xa-ca-01")
        self.assert_fails(done, 2, "USAGE")

    def test_keys_that_nobody_trusts_and_missing_witnesses_are_named(self):
        folder = self.exported(self.demo.accepted(demo.plain("E-3")))
        self.assertEqual(self.verify(folder, "--key", self.demo.vkey()).code, 0)
        done = self.verify(folder, "--key", "gw+00000000+AAAA")
        self.assertEqual(done.code, 1, done)
        self.assertIn("FAILED  keys: the key of xa-gw-01", done.out)
        done = self.verify(folder, "--witnessed", "--quorum", "1", "--key", self.demo.vkey())
        self.assertEqual(done.code, 1, done)
        self.assertIn("FAILED  checkpoint: not cosigned", done.out)

    def cosigned(self, folder, witnesses, quorum):
        """The folder as whoever holds all of it can write it: its checkpoint with lines of these
        witnesses, and a policy of theirs."""
        note = old = demo.read(f"{folder}/checkpoint").decode()
        for witness in witnesses:
            note = witness.cosign(note, int(time.time()))
        log, = [line for line in demo.read(f"{folder}/vkeys").decode().splitlines()
                if line.startswith("log ")]
        names = [f"w{number}" for number in range(1, len(witnesses) + 1)]
        receipt = octets.uncbor(demo.read(f"{folder}/receipt.cbor"))
        changed = {
            "checkpoint": note.encode(), "receipt.cbor": octets.cbor({**receipt, 5: note}),
            "proof.tlog": demo.read(f"{folder}/proof.tlog").replace(old.encode(), note.encode()),
            "vkeys": "\n".join([log, *(f"witness {name} {witness.vkey}" for name, witness in
                                      zip(names, witnesses)),
                               f"group any {quorum} {' '.join(names)}", "quorum any", ""]).encode()}
        for name, text in changed.items():
            with open(f"{folder}/{name}", "wb") as file:
                file.write(text)
        sums = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, text in
                       sorted(self.octets(folder).items()) if name != "SHA256SUMS")
        with open(f"{folder}/SHA256SUMS", "w", encoding="utf-8") as file:
            file.write(sums)
        return folder

    def test_how_many_witnesses_are_enough_the_folder_does_not_say(self):
        folder = self.exported(self.demo.accepted(demo.plain("E-6")))
        keys = [forge.Key.make(os.path.join(demo.temporary_folder(), f"{n}.key")) for n in range(2)]
        one, two = (forge.Witness(f"witness.example/{n}", key) for n, key in enumerate(keys))
        again = forge.Witness("witness.example/again", keys[0])
        trusts = [word for key in (self.demo.vkey(), one.vkey, two.vkey, again.vkey)
                  for word in ("--key", key)]
        asks = ("--witnessed", "--quorum")
        self.assertEqual(self.verify(self.cosigned(folder, [one], 1), *trusts).code, 0)
        for words, code, said in (((*asks, "1"), 0, "1 witnesses that you trust"),
                                  ((*asks, "2"), 1, "FAILED  checkpoint: not cosigned"),
                                  (("--witnessed",), 2, "DIR could say any number"),
                                  (("--quorum", "1"), 2, "DIR could say any number"),
                                  ((*asks, "0"), 2, "DIR could say any number"),
                                  ((*asks, "-1"), 2, "")):
            done = self.verify(folder, *words, *trusts)
            self.assertEqual(done.code, code, done)
            self.assertIn(said, done.out + done.err)
        self.assertEqual(self.verify(folder, *asks, "1").code, 1)  # keys are pinned, or are nobody's
        self.cosigned(folder, [again], 1)  # now by one key under two names
        self.assertEqual(self.verify(folder, *asks, "2", *trusts).code, 1)
        self.cosigned(folder, [two], 1)
        self.assertEqual(self.verify(folder, *asks, "2", *trusts).code, 0)

    def test_what_is_missing_or_more_is_named(self):
        folder = self.exported(self.demo.accepted(demo.plain("E-4")))
        os.rename(os.path.join(folder, "fields", "0003"), os.path.join(folder, "fields", "x"))
        done = self.verify(folder)
        self.assertEqual(done.code, 1, done)
        self.assertIn("fields/0003", done.out)
        os.rename(os.path.join(folder, "fields", "x"), os.path.join(folder, "fields", "0003"))
        self.says(folder)
        os.unlink(os.path.join(folder, "proof.tlog"))
        done = self.verify(folder)
        self.assertIn("FAILED  files: proof.tlog is missing", done.out)

    def test_a_cose_receipt_goes_with_its_receipt(self):
        message = self.demo.accepted(demo.plain("E-5"))
        folder = os.path.join(self.demo.context("xa-ca-01")["archive"], "cose")
        before = set(os.listdir(folder))
        self.exported(message, "--cose")
        self.assertEqual(len(set(os.listdir(folder)) - before), 1)
        done = self.demo.comity("archive", "prune", "--before", "2099-01-01", "--kind", "receipt",
                                "--yes", context="xa-ca-01")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(os.listdir(folder), [])


class Changed(Exports):
    """Folders of which one octet was changed: the program says so, whoever made the digests."""

    def assert_every_change_is_named(self, folder):
        done = demo.run(FLIP, VERIFY, folder, str(STEP), seconds=SECONDS)
        self.assertEqual(done.code, 0, done)
        self.assertGreater(done.json["made"], 500)
        self.assertEqual(done.json["unnamed"], [])

    def test_every_changed_octet_of_either_sides_evidence_is_named(self):
        message = self.demo.accepted(demo.a3())
        folder = self.exported(message, "--cose")
        self.assert_every_change_is_named(folder)
        self.assertEqual(self.demo.show(message).code, 0)
        self.assert_every_change_is_named(self.exported(message, context="xc-ca-01"))


class TwoGateways(Exports):
    states = ("XA", "XC")

    def test_each_hop_is_evidence_of_its_own(self):
        message = self.demo.accepted(demo.a3())
        demo.until(lambda: message in [row["id"] for row in self.demo.inbox()], "it arrives")
        self.assertEqual(self.demo.show(message).code, 0)
        demo.until(lambda: self.demo.stage(message) == "retrieved", "its sender hears of it")
        folder = self.exported(message, context="xc-ca-01")
        said = self.says(folder)
        self.assertEqual((said["gateway"], said["hop"], said["stage"]), ("XC-GW-01", 2, "relayed"))
        self.assert_by_hand(folder, 7)
        folder = self.exported(message, "--stage", "accepted", context="xc-ca-01")
        said = self.says(folder)
        self.assertEqual((said["gateway"], said["hop"]), ("XA-GW-01", 1))
        self.assert_by_hand(folder, 7)
        for stage in ("relayed", "delivered", "retrieved"):
            said = self.says(self.exported(message, "--stage", stage))
            self.assertEqual((said["kind"], said["gateway"]), ("stage", "XC-GW-01"))
        self.assert_fails(self.export(message, "--stage", "delivered", "--cose")[1], 5, "E_UNKNOWN")
        folder = self.exported(message, "--cose", context="xc-ca-01")
        self.assertIn("receipt.cose", os.listdir(folder))
        self.says(folder)


del Exports  # has no tests of its own

if __name__ == "__main__":
    demo.main()
