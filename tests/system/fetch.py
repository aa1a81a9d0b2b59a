"""Whoever is judged by a law can fetch it: comity policy fetch."""

import os
import shutil

import contexts
import demo
import texts


class Fetch(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rulebook = f"{cls.demo.dir}/rulebook"
        cls.older = f"{cls.demo.dir}/older"
        shutil.copytree(cls.rulebook, cls.older)
        cls.behind = contexts.change(cls.demo, "behind", directory=cls.older)

    def fetch(self, *words, context="xa-ca-01"):
        return self.demo.comity("policy", "fetch", *words, context=context)

    def folder(self):
        return os.path.join(demo.temporary_folder(), "fetched")

    def in_force(self):
        rows = self.demo.admin(self.demo, "rulebook", "list")["in_use"]
        return {row["object"]: (row["number"], row["digest"]) for row in rows}

    def authorities(self, **other):
        """Options that name who signs this demo's rulebook. other: instead of these."""
        names = dict(law=("XF-MIN-01", "XF-JUD-01"), states=("XF-CA-01",),
                     parties=[f"{state}-MIN-01" for state in os.listdir(f"{self.rulebook}/parties")])
        return [word for kind, who in dict(names, **other).items() for one in who
                for word in ("--authority",
                             f"{kind}={self.demo.pki}/{one[:2]}/parties/{one}/seal.crt")]

    def octets(self, folder):
        return {path[len(folder):]: text for path, text in demo.folder_octets(folder)}

    def raise_law(self):
        """The next law is in force; what was fetched before is not."""
        vocabulary = f"{self.rulebook}/law/vocabulary"
        text = demo.read(vocabulary).decode()
        texts.change_where(vocabulary, r"\Z", lambda _: "# a word more\n")
        demo.reissue(self.demo.pki, self.rulebook, "law")
        self.demo.admin(self.demo, "reload")
        self.assertNotEqual(demo.read(vocabulary).decode(), text)

    def test_what_is_fetched_is_what_is_in_force_and_checks(self):
        folder = self.folder()
        done = self.fetch("-o", folder, *self.authorities())
        self.assertEqual(done.code, 0, done)
        told = done.json
        self.assertEqual({row["object"]: (row["number"], row["digest"])
                          for row in told["objects"]}, self.in_force())
        self.assertEqual((told["rulebook"], told["gateway"], told["verified"]),
                         (folder, self.demo.id, True))
        self.assertTrue(all(row["signed_until"] > "2026" for row in told["objects"]), told)
        self.assertEqual(self.octets(folder), self.octets(self.rulebook))
        self.assertEqual(os.listdir(os.path.dirname(folder)), ["fetched"])
        self.assertEqual(self.demo.comity("policy", "check", folder).code, 0)

    def test_nothing_is_written_where_no_folder_is_named(self):
        done = self.fetch()
        self.assertEqual(done.code, 0, done)
        self.assertEqual((done.json["trusted"], done.json["verified"]), (True, False))
        self.assertNotIn("rulebook", done.json)
        folder = self.folder()
        done = self.fetch("-o", folder, "--dry-run")
        self.assertIn("law/vocabulary", done.json["added"])
        self.assertFalse(os.path.exists(folder))

    def test_a_folder_of_before_is_replaced_and_kept(self):
        folder = self.folder()
        os.mkdir(folder)  # an empty one may be there
        self.assertEqual(self.fetch("-o", f"{folder}/").code, 0)
        before = self.octets(folder)
        self.raise_law()
        done = self.fetch("-o", folder, *self.authorities())
        self.assertEqual(done.code, 0, done)
        self.assertIn("law/vocabulary", done.json["changed"])
        self.assertEqual(self.octets(folder), self.octets(self.rulebook))
        self.assertEqual(self.octets(f"{folder}.before"), before)
        self.assertEqual(sorted(os.listdir(os.path.dirname(folder))),
                         ["fetched", "fetched.before"])

    def test_who_trusts_another_law_is_told_and_can_trust_the_new_one(self):
        self.raise_law()
        done = self.fetch(context=self.behind)
        self.assertEqual((done.code, done.json["trusted"]), (0, False), done)
        rows = {row["object"]: row for row in done.json["objects"]}
        self.assertEqual({name for name, row in rows.items() if not row["trusted"]}, {"law"})
        self.assertLess(rows["law"]["trusted_number"], rows["law"]["number"])
        done = demo.run(demo.COMITY, "policy", "fetch", "--context", self.behind, "-o", self.older,
                        *self.authorities(), env=self.demo.env)
        self.assertEqual(done.code, 0, done)
        self.assertIn(f"this context trusts number {rows['law']['trusted_number']} ", done.out)
        self.assertIn("trusts another rulebook", done.err)
        self.assertTrue(self.fetch(context=self.behind).json["trusted"])

    def test_a_folder_that_is_no_rulebook_stays_as_it_is(self):
        folder = self.folder()
        os.mkdir(folder)
        with open(f"{folder}/diary", "w", encoding="utf-8") as file:
            file.write("mine")
        self.assert_fails(self.fetch("-o", folder), 2, "CONFIG")
        shutil.copytree(self.rulebook, folder, dirs_exist_ok=True)
        self.assert_fails(self.fetch("-o", folder), 2, "CONFIG")
        self.assertEqual(demo.read(f"{folder}/diary"), b"mine")
        self.assertEqual(os.listdir(os.path.dirname(folder)), ["fetched"])

    def test_what_the_named_authorities_have_not_signed_is_not_written(self):
        folder = self.folder()
        for other in ({"law": ("XF-MIN-01", "XF-CA-01")}, {"states": ("XF-MIN-01",)},
                      {"parties": ("XA-MIN-01",)}):
            done = self.fetch("-o", folder, *self.authorities(**other))
            self.assert_fails(done, 9, "E_SIG")
            self.assertIn(next(iter(other)), done.error["message"])
        self.assertFalse(os.path.exists(folder))
        self.assert_fails(self.fetch(*self.authorities(states=())), 2, "USAGE")
        self.assert_fails(self.fetch("--authority", "judge=x"), 2, "USAGE")
        self.assert_fails(self.fetch("--authority", "law=/dev/null"), 4, "CONFIG")

    def test_nothing_is_fetched_without_the_gateway(self):
        folder = self.folder()
        self.demo.end()
        try:
            done = self.fetch("-o", folder)
        finally:
            self.demo.start()
        self.assertEqual(done.code, 7, done)
        self.assertFalse(os.path.exists(folder))


if __name__ == "__main__":
    demo.main()
