"""A rulebook is in force because those who must sign it have, and not because it lies there. Whatever
is stripped, signed by too few, older, ended or half written is refused: the one before stays, the
operator is told, and the audit log says so."""

import os
import shutil
import signal
import time

import demo
import texts

LEGAL = ("XF-MIN-01", "XF-JUD-01")
LAW = "law/rules/general"
SOON_S = 20 if demo.SANITIZED else 10


class SigningTest(demo.DemoTest):
    """Each test begins with a rulebook that is in force, and leaves one."""

    def setUp(self):
        self.rulebook = f"{self.demo.dir}/rulebook"
        self.aside = f"{os.path.dirname(self.demo.dir)}/aside"
        shutil.rmtree(self.aside, ignore_errors=True)
        shutil.copytree(self.rulebook, self.aside)

    def put_back(self):
        shutil.rmtree(self.rulebook)
        shutil.copytree(self.aside, self.rulebook)

    def amend(self, folder=None):
        with open(f"{folder or self.rulebook}/{LAW}", "a", encoding="utf-8") as law:
            law.write("\n# One more remark.\n")

    def law(self):
        return self.demo.admin(self.demo, "status")["law"]

    def number(self):
        rows = self.demo.comity("admin", "rulebook", "list", "--config", self.demo.config).json
        return next(row["number"] for row in rows["in_use"] if row["object"] == "law")

    def reload(self):
        """The lines that say what came of a reload."""
        since = len(self.demo.said())
        os.kill(self.demo.pid, signal.SIGHUP)

        def decided():
            return [line for line in self.demo.events(after=since)
                    if line["event"].startswith("reload.")]
        return demo.until(decided, "the reload is decided")

    def assert_refused(self, *sentences):
        """Now what lies there: with an alarm and an entry, and all goes on as before."""
        law, size = self.law(), self.demo.settled_size()
        lines = self.reload()
        self.assertEqual({(line["event"], line["level"]) for line in lines},
                         {("reload.refused", "alarm")}, lines)
        for sentence in sentences:
            self.assertIn(sentence, "\n".join(line["text"] for line in lines))
        self.assertEqual(self.demo.log_grown_to(size + 1), size + 1)
        self.assertEqual(self.law(), law)
        self.demo.accepted(demo.plain("STILL"))

    def assert_not_started(self, code, *sentences):
        """The gateway has ended and does not come up."""
        said = self.demo.launch()
        self.assertEqual(self.demo.process.poll(), code, said)
        for sentence in sentences:
            self.assertIn(sentence, said)

    def signatures(self, name="law"):
        folder = f"{self.rulebook}/signatures/{name}"
        return sorted(os.path.join(folder, file) for file in os.listdir(folder))


class Refused(SigningTest):
    def tearDown(self):
        self.put_back()
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])

    def test_a_law_without_its_signatures(self):
        shutil.rmtree(f"{self.rulebook}/signatures")
        self.assert_refused("law number 1 has valid signatures of 0 of the 2 authorities",
                            "object.quorum")

    def test_a_law_that_one_authority_alone_has_signed(self):
        self.amend()
        demo.renumber(self.rulebook, "law")
        demo.sign(self.demo.pki, self.rulebook, "law", by=LEGAL[:1])
        self.assert_refused("law number 2 has valid signatures of 1 of the 2 authorities",
                            "object.number")

    def test_a_law_that_somebody_else_has_signed(self):
        os.unlink(self.signatures()[0])
        demo.sign(self.demo.pki, self.rulebook, "law", by=("XF-CA-01", "XA-MIN-01"))
        self.assert_refused("signatures of 1 of the 2 authorities", "object.signer")

    def test_a_changed_law_under_its_old_signatures(self):
        self.amend()
        self.assert_refused("signatures of 0 of the 2 authorities", "object.digest")

    def test_a_changed_law_under_its_old_number(self):
        self.amend()
        demo.sign(self.demo.pki, self.rulebook, "law")
        self.assert_refused("law number 1 is another text than the one in force with that number")

    def test_a_law_that_is_half_written(self):
        text = demo.read(f"{self.rulebook}/{LAW}").decode()
        at = text.index("\n\n", len(text) // 2)
        with open(f"{self.rulebook}/{LAW}", "w", encoding="utf-8") as law:
            law.write("".join(f"# {line}\n" for line in text[:at].splitlines()))
        self.assert_refused("signatures of 0 of the 2 authorities", "object.digest")

    def test_signatures_that_have_ended_or_not_begun(self):
        self.amend()
        demo.renumber(self.rulebook, "law")
        for more in (("--from", "2026-01-01", "--until", "2026-01-02"), ("--from", "2099-01-01")):
            for path in self.signatures():
                os.unlink(path)
            for who in LEGAL:  # its certificate does not hold then: the command says so itself
                done = self.sign(who, *more)
                self.assert_fails(done, 4, "E_EXPIRED")
            self.assertEqual(self.signatures(), [])
        for who in LEGAL:
            until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
            self.assertEqual(self.sign(who, "--until", until).code, 0)
        time_is = time.time() + 2
        demo.until(lambda: time.time() > time_is, "they have ended")
        self.assert_refused("law number 2 was not in force, and of its signatures too few hold",
                            "object.validity")

    def test_parties_that_another_state_has_signed(self):
        shutil.rmtree(f"{self.rulebook}/signatures/parties/XC")
        done = demo.run(demo.COMITY, "policy", "sign", self.rulebook, "--object", "parties:XC",
                        "--key", f"{self.demo.pki}/XA/parties/XA-MIN-01/seal.key", "--cert",
                        f"{self.demo.pki}/XA/parties/XA-MIN-01/seal.crt", "--yes", "--json")
        self.assert_fails(done, 4, "E_ROLE")
        self.assert_refused("parties:XC number 1 has valid signatures of 0 of the 1 authorities")

    def sign(self, who, *more):
        place = f"{self.demo.pki}/{who[:2]}/parties/{who}/seal"
        return demo.run(demo.COMITY, "policy", "sign", self.rulebook, "--object", "law", "--key",
                        f"{place}.key", "--cert", f"{place}.crt", "--yes", "--json", *more)


class Signed(SigningTest):
    """In the order of their names: numbers only rise."""

    def policy(self, *words):
        return self.demo.comity("policy", *words, "--config", self.demo.config)

    def next_law(self, name):
        folder = f"{os.path.dirname(self.demo.dir)}/{name}"
        shutil.copytree(self.rulebook, folder)
        self.amend(folder)
        demo.reissue(self.demo.pki, folder, "law")
        return folder

    def test_1_is_put_into_force_with_an_entry(self):
        folder, law, size = self.next_law("next"), self.law(), self.demo.settled_size()
        dry = self.policy("activate", folder, "--dry-run")
        self.assertEqual((dry.code, dry.json["added"], dry.json["removed"]), (0, [], []), dry)
        self.assertIn(LAW, dry.json["changed"])
        self.assertEqual(self.law(), law)
        done = self.policy("activate", folder)
        self.assertEqual(done.code, 0, done)
        self.assertNotEqual(self.law(), law)
        self.assertEqual(self.number(), 2)
        self.assertEqual(self.demo.settled_size(), size + 2)  # the order, and the law
        self.demo.accepted(demo.plain("UNDER-LAW-2"))

    def test_2_what_is_refused_is_put_back(self):
        folder = self.next_law("unsigned")
        shutil.rmtree(f"{folder}/signatures/law")
        before = dict(demo.folder_octets(self.rulebook))
        done = self.policy("activate", folder)
        self.assert_fails(done, 2, "CONFIG")
        self.assertIn("signatures of 0 of the 2 authorities", done.error["message"])
        self.assertEqual(dict(demo.folder_octets(self.rulebook)), before)
        self.assertEqual(self.number(), 2)

    def test_3_an_earlier_law_comes_back_under_a_new_number_alone(self):
        """A whole copy of what was in force, with all of its signatures."""
        first = f"{os.path.dirname(self.demo.dir)}/aside-1"
        done = self.policy("activate", first)
        self.assert_fails(done, 2, "CONFIG")
        self.assertIn("law number 1 is older than number 2", done.error["message"])
        self.assertEqual(self.number(), 2)
        back = f"{os.path.dirname(self.demo.dir)}/back"
        shutil.rmtree(f"{self.rulebook}.before", ignore_errors=True)
        shutil.copytree(first, f"{self.rulebook}.before")
        done = self.policy("rollback", back)
        self.assertEqual((done.code, done.json["number"]), (0, 3), done)
        self.assertFalse(os.path.exists(f"{back}/signatures/law"))
        self.assert_fails(self.policy("activate", back), 2, "CONFIG")
        demo.sign(self.demo.pki, back, "law")
        self.assertEqual(self.policy("activate", back).code, 0)
        self.assertEqual(self.number(), 3)
        self.assertEqual(demo.read(f"{self.rulebook}/{LAW}"), demo.read(f"{first}/{LAW}"))

    def test_4_nor_does_it_after_a_restart(self):
        self.demo.end()
        shutil.rmtree(self.rulebook)
        shutil.copytree(f"{os.path.dirname(self.demo.dir)}/aside-1", self.rulebook)
        self.assert_not_started(78, "law number 1 is older than number 3, which was in force")
        self.put_back()
        self.demo.start()
        self.assertEqual(self.number(), 3)

    def test_5_a_gateway_without_a_signed_rulebook_does_not_start(self):
        self.demo.end()
        shutil.rmtree(f"{self.rulebook}/signatures")
        self.assert_not_started(78, "signatures of 0 of the 2 authorities")
        self.put_back()
        text = demo.read(self.demo.config).decode()
        at, end = text.index("rulebook_authorities:"), text.index("rulebook: '")
        self.write_config(text[:at] + text[end:])
        self.assert_not_started(78, "rulebook_authorities: missing")
        self.write_config(text[:at] + "rulebook_signatures: none\n" + text[at:])
        self.assert_not_started(78, "rulebook_signatures: none, but rulebook_authorities")
        alone = text.replace(f"    - '{self.demo.pki}/XF/parties/XF-JUD-01/seal.crt'\n", "")
        self.write_config(alone)
        self.assert_not_started(78, "at least two different authorities sign the law")
        self.write_config(text)
        self.demo.start()

    def test_6_verification_is_not_turned_off_by_a_reload(self):
        text = demo.read(self.demo.config).decode()
        at, end = text.index("rulebook_authorities:"), text.index("rulebook: '")
        self.write_config(text[:at] + "rulebook_signatures: none\n" + text[end:])
        lines = self.reload()
        self.write_config(text)
        self.assertIn("rulebook_signatures: cannot change without a restart",
                      "\n".join(line["text"] for line in lines))

    def write_config(self, text):
        with open(self.demo.config, "w", encoding="utf-8") as file:
            file.write(text)

    def setUp(self):
        super().setUp()
        first = f"{os.path.dirname(self.demo.dir)}/aside-1"
        if not os.path.exists(first):
            shutil.copytree(self.rulebook, first)


class Ended(SigningTest):
    """While the gateway works its law's signatures end."""

    def test_nothing_is_decided_until_it_is_signed_anew(self):
        ends = time.time() + SOON_S
        until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        demo.sign(self.demo.pki, self.rulebook, "law", more=("--until", until))
        since = len(self.demo.said())
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        line = demo.until(lambda: self.demo.events("alarm.signatures_expire", since), "it is said")
        self.assertEqual(line[0]["level"], "alarm")
        waits = self.demo.accepted(demo.plain("BEFORE"))
        line = demo.until(lambda: self.demo.events("alarm.signatures_expired", since),
                          "it has ended")
        self.assertIn("signatures of law ended", line[0]["text"])
        size = self.demo.settled_size()
        done = self.demo.send(demo.plain("AFTER"))
        self.assert_fails(done, 7, "E_UNAVAILABLE")
        self.assertEqual(self.demo.settled_size(), size)
        self.assertIn(waits, [row["id"] for row in self.demo.inbox()])  # was decided before
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        self.demo.end()  # what is in force stays so, whatever else is to be changed meanwhile
        self.demo.start()
        self.assert_fails(self.demo.send(demo.plain("STILL-AFTER")), 7, "E_UNAVAILABLE")
        demo.sign(self.demo.pki, self.rulebook, "law")
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        self.demo.accepted(demo.plain("AGAIN"))


class Restored(SigningTest):
    """A backup of the time before a law came into force does not bring the earlier one back."""

    def test_what_the_backup_does_not_know_the_lock_database_does(self):
        backup = os.path.join(folder := demo.temporary_folder(), "backup")
        os.chmod(folder, 0o777)
        self.ask("admin", "backup", backup)
        self.amend()
        demo.reissue(self.demo.pki, self.rulebook, "law")
        self.assertEqual([line["event"] for line in self.reload()], ["reload.done"])
        self.demo.accepted(demo.plain("UNDER-LAW-2"))
        size = self.demo.settled_size()
        self.demo.end()
        self.ask("admin", "restore", backup)
        second = f"{os.path.dirname(self.demo.dir)}/second"
        shutil.copytree(self.rulebook, second)
        self.put_back()
        self.assert_not_started(78, "law number 1 is older than number 2, which was in force")
        shutil.rmtree(self.rulebook)
        shutil.copytree(second, self.rulebook)
        self.demo.start()
        self.assertEqual(self.number(), 2)
        self.assertEqual(self.demo.settled_size(), size + 4)  # stop; start, law, restoration
        self.demo.accepted(demo.plain("STILL-UNDER-LAW-2"))

    def ask(self, *words):
        done = self.demo.comity(*words, "--config", self.demo.config)
        self.assertEqual(done.code, 0, done)


class Between(demo.DemoTest):
    """A signed law goes from gateway to gateway with its signatures; one that too few have signed
    is offered to nobody."""

    states = ("XA", "XC")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.arvenia, cls.corland = cls.demo, cls.demo.at("XC")
        for gateway in cls.demo.gateways:
            gateway.end()
            gateway.rulebook = texts.own_rulebook(gateway, f"{cls.demo.dir}/rulebook")
        # Corland asks nobody: what it hands on is for Arvenia to judge.
        texts.change_where(cls.corland.config, "(?s)rulebook_authorities:.*?(?=rulebook: ')",
                           "rulebook_signatures: none\n")
        for gateway in cls.demo.gateways:
            gateway.start()

    def raised(self, *by):
        demo.renumber(self.corland.rulebook, "law")
        demo.sign(self.demo.pki, self.corland.rulebook, "law", by=by)
        os.kill(self.corland.pid, signal.SIGHUP)

    def said(self, event, about):
        return demo.until(lambda: [line for line in self.arvenia.events(event)
                                   if about in line["text"]], f"{event} {about}", 120)[0]

    def test_an_offer_is_listed_once_it_is_signed(self):
        self.raised(LEGAL[0])
        line = self.said("rulebook.unfit", "law number 2 ")
        self.assertIn("valid signatures of 1 of the 2 authorities", line["text"])
        self.assertEqual(self.admin("list").json["offers"], [])

        self.raised(*LEGAL)
        self.said("rulebook.offered", "law number 3 ")
        done = self.admin("accept", "law", "3")
        self.assertEqual(done.code, 0, done)
        names = [sorted(os.listdir(f"{gateway.rulebook}/signatures/law"))
                 for gateway in self.demo.gateways]
        self.assertEqual(names[0], names[1])
        self.arvenia.end()
        self.arvenia.start()

    def admin(self, *words):
        return self.demo.comity("admin", "rulebook", *words, "--config", self.arvenia.config)


if __name__ == "__main__":
    demo.main()
