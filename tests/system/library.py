"""libcomity as others get it: installed somewhere, found by pkg-config, linked shared and static."""

import glob
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import unittest

import demo

BUILD = os.path.dirname(demo.PROGRAMS)
CLIENTS = os.path.join(demo.SOURCE, "clients")
EXAMPLE = os.path.join(CLIENTS, "examples", "send-request.c")
SANITIZE = os.environ.get("COMITY_SANITIZE", "")
WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror")
DOUBT_AFTER = 6000  # octets of a client: more than greetings, less than a request


def cached(name):
    """What CMake was told or found out."""
    text = demo.read(os.path.join(BUILD, "CMakeCache.txt")).decode()
    return re.search(rf"(?m)^{name}:[^=]*=(.*)$", text).group(1)


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def must(*words, env=None):
    done = demo.run(*words, env=env)
    assert done.code == 0, (words, done)
    return done.out


class Installed:
    """A prefix of its own, with everything that cmake --install puts there."""

    def __init__(self):
        self.prefix = os.path.join(demo.temporary_folder(), "prefix")
        must(cached("CMAKE_COMMAND"), "--install", BUILD, "--prefix", self.prefix)
        self.lib = os.path.join(self.prefix, cached("CMAKE_INSTALL_LIBDIR"))
        self.compiler = cached("CMAKE_C_COMPILER")

    def pkg_config(self, *words):
        env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(self.lib, "pkgconfig"))
        return must("pkg-config", *words, "comity", env=env).split()

    def build(self, source, name, *flags, compiler=None):
        """Compiles and links as somebody else would; the program's path."""
        program = os.path.join(self.prefix, name)
        sanitize = [f"-fsanitize={SANITIZE}", "-fno-sanitize-recover=all"] if SANITIZE else []
        must(compiler or self.compiler, *sanitize, *WARNINGS, source, "-o", program, *flags)
        return program


def names_in_header():
    text = re.sub(r"(?s)/\*.*?\*/", "", text_of(os.path.join(CLIENTS, "libcomity", "comity.h")))
    text = re.sub(r"typedef[^;]*;", "", text)
    return sorted(set(re.findall(r"\b(comity_\w+)\(", text)))


class Packaging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.installed = Installed()

    def test_everything_is_installed_where_people_look_for_it(self):
        for path in ("bin/comity", "sbin/comityd", "include/comity.h", "share/man/man1/comity.1",
                     "share/man/man3/libcomity.3", "share/man/man8/comityd.8",
                     "share/comity/policies/vocabulary", "share/comity/certs/make-demo-pki",
                     "share/comity/clients/examples/a3-request.json",
                     "share/comity/clients/examples/send-request.c",
                     "share/doc/comity/verify.py"):
            self.assertTrue(os.path.exists(os.path.join(self.installed.prefix, path)), path)
        names = sorted(os.listdir(self.installed.lib))
        self.assertEqual(names, ["libcomity.a", "libcomity.so", "libcomity.so.0",
                                 "libcomity.so." + cached("CMAKE_PROJECT_VERSION"), "pkgconfig"])

    def test_exactly_the_functions_of_the_header_are_given_out(self):
        header = names_in_header()
        self.assertGreater(len(header), 20)
        shared = must("nm", "-D", "--defined-only", os.path.join(self.installed.lib, "libcomity.so"))
        given = [line.split() for line in shared.splitlines()]
        self.assertEqual(sorted(row[2] for row in given if row[1] == "T"),
                         [name + "@@COMITY_0.1" for name in header])
        others = [row[2] for row in given if row[1] != "T"]
        self.assertIn(others, ([], ["COMITY_0.1"]))  # some linkers name the version itself
        static = must("nm", "-g", "--defined-only", os.path.join(self.installed.lib, "libcomity.a"))
        self.assertEqual(sorted(re.findall(r"(?m)^[0-9a-f]+ \w (\S+)$", static)), header)
        listed = text_of(os.path.join(CLIENTS, "libcomity", "libcomity.map"))
        self.assertEqual(re.findall(r"(?m)^ +(\w+);$", listed), header)

    def test_the_manual_names_every_function(self):
        page = text_of(os.path.join(CLIENTS, "libcomity", "libcomity.3.scd"))
        declared = re.findall(r"\*(comity_\w+)\*\(", page)
        self.assertEqual(sorted(declared), names_in_header())

    def test_the_manual_names_every_key_of_the_configuration(self):
        source = text_of(os.path.join(demo.SOURCE, "gateway", "app", "config.c"))
        page = text_of(os.path.join(demo.SOURCE, "gateway", "app", "comityd.8.scd"))
        keys = re.findall(r'CYAML_FIELD_\w+\("(\w+)"', source) + re.findall(
            r"(?m)^\s+LIMIT\((\w+)\),$", source)
        self.assertGreater(len(keys), 20)
        self.assertEqual([key for key in keys if f"*{key}*" not in page], [])

    def test_the_header_needs_no_other_and_speaks_cpp(self):
        folder = demo.temporary_folder()
        for name, compiler, standard in (("c.c", self.installed.compiler, "-std=c11"),
                                         ("cpp.cpp", shutil.which("g++"), "-std=c++11")):
            if compiler is None:
                continue
            source = os.path.join(folder, name)
            with open(source, "w", encoding="ascii") as file:
                file.write("#include <comity.h>\nint main(void) { return comity_version() == 0; }\n")
            must(compiler, *WARNINGS, standard, "-c", source, "-o", source + ".o",
                 *self.installed.pkg_config("--cflags"))

    def test_all_say_the_same_version(self):
        source = os.path.join(demo.temporary_folder(), "version.c")
        with open(source, "w", encoding="ascii") as file:
            file.write('#include <comity.h>\n#include <stdio.h>\n'
                       'int main(void) { printf("%s %s\\n", comity_version(), COMITY_VERSION); }\n')
        program = self.installed.build(source, "version",
                                       *self.installed.pkg_config("--cflags", "--libs"))
        version = cached("CMAKE_PROJECT_VERSION")
        env = dict(os.environ, LD_LIBRARY_PATH=self.installed.lib)
        self.assertEqual(must(program, env=env), f"{version} {version}\n")
        self.assertEqual(self.installed.pkg_config("--modversion"), [version])
        self.assertEqual(must(demo.COMITY, "--version"), f"comity {version}\n")

    def test_what_is_installed_runs_a_demo(self):
        comity = os.path.join(self.installed.prefix, "bin", "comity")
        folder = os.path.join(demo.temporary_folder(), "demo")
        up = demo.run(comity, "demo", "up", "--dir", folder, "--json")
        down = demo.run(comity, "demo", "down", "--dir", folder, "--json")
        self.assertEqual((up.code, down.code), (0, 0), (up, down))


class Doubt(threading.Thread):
    """Between a client and its gateway: breaks the first links once a request was sent."""

    def __init__(self, address, breaks):
        super().__init__(daemon=True)
        host, port = address.rsplit(":", 1)
        self.gateway, self.breaks = (host, int(port)), breaks
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.pass_on, args=(client,), daemon=True).start()

    def pass_on(self, client):
        with client, socket.create_connection(self.gateway) as gateway:
            back = threading.Thread(target=copy, args=(gateway, client), daemon=True)
            back.start()
            sent = 0
            while octets := receive(client):
                sent += len(octets)
                if sent > DOUBT_AFTER and self.breaks > 0:
                    self.breaks -= 1
                    break
                gateway.sendall(octets)
            for end in (gateway, client):
                shut(end)
            back.join()

    def end(self):
        self.listener.close()


def receive(end):
    try:
        return end.recv(4096)
    except OSError:
        return b""


def shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def copy(source, target):
    while octets := receive(source):
        try:
            target.sendall(octets)
        except OSError:
            break
    shut(target)


class Linking(demo.DemoTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.installed = Installed()
        cls.shared = cls.installed.build(
            EXAMPLE, "shared", *cls.installed.pkg_config("--cflags", "--libs"))
        for path in glob.glob(os.path.join(cls.installed.lib, "libcomity.so*")):
            shutil.move(path, cls.installed.prefix)  # so that only the other one can be linked
        cls.static = cls.installed.build(
            EXAMPLE, "static", *cls.installed.pkg_config("--cflags", "--static", "--libs"))

    def send(self, program, *words, context="xa-ca-01"):
        env = dict(self.demo.env, COMITY_CONTEXT=context, LD_LIBRARY_PATH=self.installed.prefix)
        return demo.run(program, *words, env=env)

    def check_accepted(self, program):
        done = self.send(program, demo.A3, "XC-CA-01")
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.out, r"^XC-CA-01 [0-9a-f-]{36}: accepted, proved\n$")
        return done.out.split()[1].rstrip(":")

    def needed(self, program):
        return re.findall(r"NEEDED.*\[(.*)\]", must("readelf", "-d", program))

    def test_the_example_is_short(self):
        self.assertLessEqual(len(text_of(EXAMPLE).splitlines()), 60)

    def test_the_example_sends_with_the_shared_library(self):
        self.assertIn("libcomity.so.0", self.needed(self.shared))
        message = self.check_accepted(self.shared)
        self.assertEqual(self.demo.show(message).code, 0)

    def test_the_example_sends_with_the_static_library(self):
        self.assertNotIn("libcomity.so.0", self.needed(self.static))
        self.check_accepted(self.static)

    def test_the_example_ends_with_the_librarys_exit_code(self):
        self.assertEqual(self.send(self.shared).code, 2)
        self.assertEqual(self.send(self.shared, "/nonexistent", "XC-CA-01").code, 2)
        refused = self.send(self.shared, demo.A3, "XD-CA-01")
        self.assertEqual(refused.code, 3, refused)
        self.assertIn("E_ROUTE", refused.err)
        self.assertEqual(self.send(self.shared, demo.A3, "XC-CA-01", context="none").code, 2)

    def test_the_example_resumes_what_is_in_doubt(self):
        path = os.path.join(self.demo.env["COMITY_HOME"], "contexts", "xa-ca-01.json")
        with open(path, encoding="utf-8") as file:
            context = json.load(file)
        proxy = Doubt(self.demo.gateway["address"], breaks=3)
        proxy.start()
        with open(os.path.join(os.path.dirname(path), "doubtful.json"), "w", encoding="utf-8") as out:
            json.dump(dict(context, address=proxy.address), out)
        before = len(self.demo.inbox())
        done = self.send(self.static, demo.A3, "XC-CA-01", context="doubtful")
        proxy.end()
        self.assertEqual(done.code, 0, done)
        self.assertIn("accepted, proved", done.out)
        self.assertEqual(proxy.breaks, 0)
        self.assertEqual(len(self.demo.inbox()), before + 1)


if __name__ == "__main__":
    demo.main()
