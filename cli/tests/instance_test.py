#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
instance_test.py - the `occlum` command from outside, with a kernel image that
is measured and signed but never entered.

    instance_test.py OCCLUM FAKE_KERNEL MRENCLAVE_PY [TEST...]

What the command writes is read back by code of this file's own: the index, the
body, the boot config, SIGSTRUCT (with openssl), MRENCLAVE (with the oracle).
"""

import hashlib
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import unittest

OCCLUM, KERNEL, ORACLE = map(os.path.realpath, sys.argv[1:4])
CHUNK = 65536


def run(*args, cwd, env=None, umask=0o022):
    """(exit code, stdout, stderr) of `occlum ARGS` in @cwd."""
    full = dict(os.environ, **(env or {}))
    p = subprocess.run([OCCLUM, *args], cwd=cwd, env=full, text=True,
                       capture_output=True, timeout=60, umask=umask)
    return p.returncode, p.stdout, p.stderr


def sha256(data):
    return hashlib.sha256(data).digest()


def sha256_halves(data):
    half = len(data) // 2 // 64 * 64
    return sha256(sha256(data[:half]) + sha256(data[half:]))


def read_index(path):
    """The root index as a list of dicts; checks all that abi/rootidx.h says."""
    with open(path, "rb") as f:
        data = f.read()
    magic, version, n, size, body_size = struct.unpack_from("<8sIIQQ", data)
    assert magic == b"SOFAIDX1" and version == 3 and size == len(data)
    pos = 32
    entries = []
    for _ in range(n):
        (fsize, off, sites_off, sites_size, mode, n_chunks, hardlink,
         path_size, target_size, mtime) = struct.unpack_from(
             "<QQQIIIIHHI", data, pos)
        assert mtime == 0 or stat.S_ISREG(mode)
        pos += 80
        name = data[pos:pos + path_size].decode()
        pos += path_size
        target = data[pos:pos + target_size].decode()
        pos += target_size
        digests = [data[pos + 32 * i:pos + 32 * i + 32]
                   for i in range(n_chunks)]
        pos += 32 * n_chunks
        entries.append(dict(size=fsize, off=off, mode=mode, link=hardlink,
                            path=name, target=target, digests=digests,
                            mtime=mtime))
    assert pos == len(data)
    assert entries[0]["path"] == "/"
    paths = [e["path"].encode() for e in entries]
    assert paths == sorted(paths) and len(set(paths)) == n
    return entries, body_size


class InstanceCase(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix="occlum-test-")
        os.environ["OCCLUM_KERNEL"] = KERNEL
        os.environ["XDG_CONFIG_HOME"] = os.path.join(self.top, "config")
        os.environ.pop("SOURCE_DATE_EPOCH", None)
        self.dir = os.path.join(self.top, "instance")
        self.ok("new", "instance", cwd=self.top)

    def tearDown(self):
        subprocess.run(["chmod", "-R", "u+rwx", self.top], check=False)
        shutil.rmtree(self.top)

    def ok(self, *args, **kw):
        kw.setdefault("cwd", self.dir)
        code, out, err = run(*args, **kw)
        self.assertEqual(code, 0, f"{args}: {err}")
        return out

    def fails(self, code, needle, *args, **kw):
        kw.setdefault("cwd", self.dir)
        got, out, err = run(*args, **kw)
        self.assertEqual(got, code, f"{args}: {out}{err}")
        self.assertIn(needle, err)
        self.assertTrue(err.startswith("occlum: "))
        self.assertEqual(err.count("\n"), 1, err)
        return err

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)
        os.chmod(path, mode)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def configure(self, change):
        config = json.loads(self.read("Occlum.json"))
        change(config)
        self.write("Occlum.json", json.dumps(config, indent=1).encode())


class Build(InstanceCase):
    def fill(self):
        self.write("image/a-b", b"minus sorts before slash")
        self.write("image/a/b", os.urandom(0))
        self.write("image/a/long", bytes(range(256)) * 700, 0o4755)
        self.write("image/usr/bin/x", b"#!/bin/sh\n", 0o755)
        os.link(self.path("image/a/long"), self.path("image/zz"))
        os.symlink("/a/long", self.path("image/link"))
        os.symlink("nowhere", self.path("image/dangling"))

    def test_index_and_body(self):
        self.fill()
        self.ok("build")
        entries, body_size = read_index(self.path("build/root.index"))
        body = self.read("build/root.body")
        self.assertEqual(len(body), body_size)
        self.assertEqual(body_size % 4096, 0)
        by_path = {e["path"]: e for e in entries}
        covered = bytearray(len(body))
        for e in entries:
            host = self.path("image") + e["path"]
            st = os.lstat(host)
            if e["path"] != "/":
                self.assertEqual(stat.S_IFMT(e["mode"]),
                                 stat.S_IFMT(st.st_mode))
            if stat.S_ISLNK(st.st_mode):
                self.assertEqual(e["target"], os.readlink(host))
                continue
            if e["path"] != "/":
                self.assertEqual(e["mode"], st.st_mode)
            if not stat.S_ISREG(st.st_mode):
                continue
            if e["link"]:
                first = entries[e["link"] - 1]
                self.assertTrue(os.path.samefile(
                    host, self.path("image") + first["path"]))
                self.assertEqual(first["link"], 0)
                self.assertEqual(e["digests"], [])
                continue
            with open(host, "rb") as f:
                data = f.read()
            self.assertEqual(e["size"], len(data))
            self.assertEqual(e["off"] % 4096, 0)
            self.assertEqual(body[e["off"]:e["off"] + len(data)], data)
            self.assertEqual(e["digests"],
                             [sha256_halves(data[i:i + CHUNK])
                              for i in range(0, len(data), CHUNK)])
            covered[e["off"]:e["off"] + len(data)] = b"\1" * len(data)
        # What lies between files is zero and belongs to nobody.
        self.assertFalse(any(b for b, c in zip(body, covered) if not c))
        # All that is there is listed.
        found = {"/"}
        top = self.path("image")
        for folder, dirs, files in os.walk(top):
            found |= {os.path.join(folder, n)[len(top):]
                      for n in dirs + files}
        self.assertEqual(found, set(by_path))
        self.assertEqual(by_path["/zz"]["link"] - 1,
                         entries.index(by_path["/a/long"]))
        self.assertEqual(by_path["/a/long"]["mode"], 0o104755)

    def test_measurement_has_a_second_witness(self):
        self.fill()
        self.configure(lambda c: c["resource_limits"].update(
            max_vcpus=3, user_space_size="2MB",
            kernel_space_heap_size="8MB"))
        self.ok("build")
        want = subprocess.run(
            ["/usr/bin/python3", ORACLE, self.path("build/kernel"),
             self.path("build/config.bin")],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(self.ok("print", "mrenclave"), want)
        sgxs = os.path.join(self.top, "image.sgxs")
        self.assertEqual(self.ok("measure", "--sgxs", sgxs), want)
        with open(sgxs, "rb") as f:
            self.assertEqual(sha256(f.read()).hex() + "\n", want)
        self.assertIn(want.strip(), self.ok("status"))
        # The boot config vouches for the index.
        config = self.read("build/config.bin")
        self.assertEqual(config[96:128],
                         sha256(self.read("build/root.index")))

    def test_nothing_depends_on_who_builds(self):
        """Another folder, user, umask, time zone, day and order of files."""
        self.fill()
        self.ok("build")
        first = {n: self.read("build/" + n) for n in
                 ("kernel", "config.bin", "root.index", "root.body",
                  "SIGSTRUCT")}
        other = os.path.join(self.top, "else", "where")
        os.makedirs(os.path.join(self.top, "else"))
        self.ok("new", other, cwd=self.top, umask=0o077)
        image = os.path.join(other, "image")
        names = ["zz", "a", "usr", "link", "a-b", "dangling"]
        for name in names:
            subprocess.run(["cp", "-a", "--no-preserve=timestamps,ownership",
                            self.path("image", name), image], check=True)
        # cp knows a hard link only within one call.
        os.unlink(os.path.join(image, "zz"))
        os.link(os.path.join(image, "a/long"), os.path.join(image, "zz"))
        self.ok("build", cwd=other, umask=0o077,
                env={"TZ": "Asia/Tokyo", "LANG": "tr_TR.UTF-8",
                     "HOME": "/nonexistent", "USER": "somebody"})
        for name, data in first.items():
            with open(os.path.join(other, "build", name), "rb") as f:
                self.assertEqual(f.read(), data, name)

    def test_everything_is_measured(self):
        """A bit of anything changes MRENCLAVE; the day or an owner does not."""
        self.write("image/f", b"x")
        seen = {self.ok("measure")}

        def change(what):
            now = self.ok("measure")
            self.assertNotIn(now, seen, what)
            seen.add(now)

        os.utime(self.path("image/f"), (1, 2 ** 32))
        os.utime(self.path("image"), (1, 1))
        self.assertIn(self.ok("measure"), seen)
        os.utime(self.path("image/f"), (1, 1))
        change("time")
        self.write("image/f", b"y")
        change("contents")
        os.chmod(self.path("image/f"), 0o600)
        change("mode")
        os.rename(self.path("image/f"), self.path("image/g"))
        change("name")
        os.symlink("a", self.path("image/l"))
        change("link")
        os.unlink(self.path("image/l"))
        os.symlink("b", self.path("image/l"))
        change("target")
        for section, key, value in [
                ("resource_limits", "user_space_size", "65MB"),
                ("resource_limits", "user_space_max_size", "5GB"),
                ("resource_limits", "kernel_space_heap_size", "33MB"),
                ("resource_limits", "kernel_space_heap_max_size", "513MB"),
                ("resource_limits", "max_num_of_threads", 77),
                ("resource_limits", "max_vcpus", 2),
                ("process", "default_stack_size", "1MB"),
                ("process", "default_heap_size", "1MB"),
                ("process", "user", "1000:1001"),
                ("process", "users", ["nobody"]),
                ("process", "cwd", "/tmp"),
                ("process", "umask", "077"),
                ("process", "hostname", "h"),
                ("env", "default", ["A=1"]),
                ("env", "untrusted", ["B"]),
                ("metadata", "debuggable", False),
                ("metadata", "disable_log", True),
                ("metadata", "enable_kss", True)]:
            self.configure(lambda c: c[section].update({key: value}))
            change(key)
        self.configure(lambda c: c.update(entry_points=["/bin/x"]))
        change("entry_points")
        self.configure(lambda c: c["mount"].append(
            {"type": "ramfs", "target": "/tmp"}))
        change("mount")
        # Identity is signed, not measured.
        self.configure(lambda c: c["metadata"].update(product_id=7))
        self.assertIn(self.ok("measure"), seen)

    def test_signature(self):
        """openssl alone, given only the 1808 bytes."""
        self.configure(lambda c: c["metadata"].update(
            product_id=258, version_number=772))
        self.ok("build")
        sig = self.read("build/SIGSTRUCT")
        self.assertEqual(len(sig), 1808)
        modulus = int.from_bytes(sig[128:512], "little")
        signature = int.from_bytes(sig[516:900], "little")
        key = os.path.join(self.top, "config/sofaenclave/sign-key.pem")
        self.assertEqual(stat.S_IMODE(os.stat(key).st_mode), 0o600)
        out = subprocess.run(["openssl", "rsa", "-in", key, "-noout",
                              "-modulus"], capture_output=True, text=True,
                             check=True).stdout
        self.assertEqual(int(out.split("=")[1], 16), modulus)
        pub = os.path.join(self.top, "pub.pem")
        subprocess.run(["openssl", "rsa", "-in", key, "-pubout", "-out", pub],
                       capture_output=True, check=True)
        for name, data in [("body", sig[:128] + sig[900:1028]),
                           ("sig", signature.to_bytes(384, "big"))]:
            with open(os.path.join(self.top, name), "wb") as f:
                f.write(data)
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", pub,
                        "-signature", os.path.join(self.top, "sig"),
                        os.path.join(self.top, "body")],
                       capture_output=True, check=True)
        self.assertEqual(struct.unpack_from("<I", sig, 512)[0], 3)
        q1 = signature * signature // modulus
        q2 = (signature ** 3 - q1 * signature * modulus) // modulus
        self.assertEqual(int.from_bytes(sig[1040:1424], "little"), q1)
        self.assertEqual(int.from_bytes(sig[1424:1808], "little"), q2)
        self.assertEqual(sig[960:992].hex() + "\n",
                         self.ok("print", "mrenclave"))
        self.assertEqual(sha256(sig[128:512]).hex() + "\n",
                         self.ok("print", "mrsigner"))
        self.assertEqual(struct.unpack_from("<HH", sig, 1024), (258, 772))

    def masks(self):
        sig = self.read("build/SIGSTRUCT")
        misc, miscmask = struct.unpack_from("<II", sig, 900)
        flags, xfrm, fmask, xmask = struct.unpack_from("<QQQQ", sig, 928)
        return misc, miscmask, flags, xfrm, fmask, xmask

    def test_what_the_loader_may_choose(self):
        every = (1 << 64) - 1
        self.ok("build")
        self.assertEqual(self.masks(), (
            0, 0xfffffffe,  # EXINFO open
            4, 3,  # MODE64BIT; x87, SSE
            every & ~(2 | 0x80),  # DEBUG, KSS open
            every & ~0xe4))  # AVX, AVX-512 open
        self.configure(lambda c: (
            c["metadata"].update(debuggable=False, enable_kss=True,
                                 family_id={"high": "0x1", "low": "0x2"}),
            c["feature"].update(amx=1)))
        self.ok("build")
        self.assertEqual(self.masks()[2:], (
            4 | 0x80, 3 | 0x60000, every, every & ~0xe4))
        self.assertEqual(self.read("build/SIGSTRUCT")[912:928],
                         struct.pack("<QQ", 2, 1))
        self.configure(lambda c: c["feature"].update(amx=2))
        self.ok("build")
        self.assertEqual(self.masks()[3], 3)
        self.assertEqual(self.masks()[5], every & ~0x600e4)

    def mtimes(self, **kw):
        self.ok("build", **kw)
        return {e["path"]: e["mtime"]
                for e in read_index(self.path("build/root.index"))[0]}

    def test_times_are_kept_unless_the_build_made_them(self):
        self.fill()
        for name, t in [("a/long", 1600000000.9), ("a-b", -5),
                        ("usr/bin/x", 2 ** 33)]:
            os.utime(self.path("image", name), (t, t))
        got = self.mtimes()
        self.assertEqual(got["/a/long"], 1600000000)
        self.assertEqual(got["/zz"], 1600000000)
        self.assertEqual(got["/a-b"], 0)
        self.assertEqual(got["/usr/bin/x"], 1793491200)
        self.assertEqual(got["/a/b"], 1793491200)
        self.assertEqual({got[name] for name in ["/", "/a", "/link"]}, {0})
        got = self.mtimes(env={"SOURCE_DATE_EPOCH": "1700000000"})
        self.assertEqual((got["/a/b"], got["/a/long"]), (1700000000, 1600000000))
        for text in ["", "yesterday", "-1", "12x", "99999999999999999999"]:
            got = self.mtimes(env={"SOURCE_DATE_EPOCH": text})
            self.assertEqual(got["/a/b"], 1793491200, text)

    def test_date_is_not_the_clock(self):
        self.ok("build")
        self.assertEqual(self.read("build/SIGSTRUCT")[20:24].hex(),
                         "01112620")
        self.ok("build", env={"SOURCE_DATE_EPOCH": "1700000000"})
        self.assertEqual(self.read("build/SIGSTRUCT")[20:24].hex(),
                         "14112320")

    def test_sign_key(self):
        good = os.path.join(self.top, "good.pem")
        weak = os.path.join(self.top, "weak.pem")
        subprocess.run(["openssl", "genrsa", "-3", "-out", good, "3072"],
                       capture_output=True, check=True)
        subprocess.run(["openssl", "genrsa", "-out", weak, "3072"],
                       capture_output=True, check=True)
        self.ok("build")
        mine = self.ok("print", "mrsigner")
        self.ok("build", "--sign-key", good)
        self.assertNotEqual(self.ok("print", "mrsigner"), mine)
        before = self.read("build/SIGSTRUCT")
        self.fails(1, "openssl genrsa -3", "build", "--sign-key", weak)
        self.fails(1, "No such file", "build", "--sign-key", "/nowhere")
        # What fails leaves the old build as it was, and nothing else.
        self.assertEqual(self.read("build/SIGSTRUCT"), before)
        self.assertFalse(os.path.exists(self.path(".build.new")))

    def test_unchanged_body_is_kept(self):
        self.write("image/f", b"1" * 100000)
        self.write("volumes/data", b"precious")
        self.ok("build")
        inode = os.stat(self.path("build/root.body")).st_ino
        self.ok("build")
        self.assertEqual(os.stat(self.path("build/root.body")).st_ino, inode)
        self.ok("build", "--force")
        self.assertNotEqual(os.stat(self.path("build/root.body")).st_ino,
                            inode)
        self.write("image/f", b"2" * 100000)
        self.ok("build")
        self.assertIn(b"2" * 100000, self.read("build/root.body"))
        self.assertEqual(self.read("volumes/data"), b"precious")

    def test_what_an_image_cannot_hold(self):
        os.mkfifo(self.path("image/pipe"))
        self.fails(1, "image/pipe is a named pipe", "build")
        os.unlink(self.path("image/pipe"))
        os.rmdir(self.path("image/proc"))
        self.fails(1, "mkdir -p image/proc", "build")
        os.mkdir(self.path("image/proc"))
        self.configure(lambda c: c["process"].update(user="alice"))
        self.fails(1, 'no user "alice" in image/etc/passwd', "build")

    def test_names_are_the_images(self):
        """A link in the image to /etc/passwd is the image's own file."""
        self.write("image/etc/real", b"alice:x:4711:4712::/:/bin/sh\n")
        os.unlink(self.path("image/etc/passwd"))
        os.symlink("/etc/real", self.path("image/etc/passwd"))
        self.write("image/etc/group", b"x:y\ncrew::4713:alice,bob\n")

        def numbers(user):
            self.configure(lambda c: c["process"].update(user=user))
            self.ok("build")
            return struct.unpack_from("<II", self.read("build/config.bin"),
                                      88)

        self.assertEqual(numbers("alice"), (4711, 4712))
        self.assertEqual(numbers("alice:crew"), (4711, 4713))
        self.assertEqual(numbers("5:6"), (5, 6))
        self.assertEqual(numbers("4711"), (4711, 4712))
        self.assertEqual(numbers("7"), (7, 7))
        self.configure(lambda c: c["process"].update(user="alice:x"))
        self.fails(1, 'no group "x"', "build")

    def test_bad_kernel(self):
        bad = os.path.join(self.top, "bad")
        with open(KERNEL, "rb") as f:
            elf = bytearray(f.read())
        for cut in (0, 63, 100, len(elf) // 2):
            with open(bad, "wb") as f:
                f.write(elf[:cut])
            self.fails(1, "the kernel image", "build",
                       env={"OCCLUM_KERNEL": bad})
        elf[16] = 3  # ET_DYN
        with open(bad, "wb") as f:
            f.write(elf)
        self.fails(1, "fixed address", "build", env={"OCCLUM_KERNEL": bad})


class Verbs(InstanceCase):
    def test_init_once(self):
        self.fails(1, "instance already", "init")
        self.fails(1, "exists already", "new", "instance", cwd=self.top)
        self.fails(1, "no instance", "build", cwd=self.top)
        self.fails(1, "not built yet", "print", "mrenclave")
        self.fails(125, "not built yet", "run", "/bin/x")
        self.assertEqual(json.loads(self.ok("status", "--json"))["state"],
                         "initialized")

    def test_nothing_of_the_host_in_a_new_image(self):
        etc = os.listdir(self.path("image/etc"))
        self.assertIn("passwd", etc)
        self.assertNotIn("localtime", etc)
        self.assertNotIn("resolv.conf", etc)
        self.assertEqual(stat.S_IMODE(os.stat(
            self.path("image/tmp")).st_mode), 0o1777)

    def test_check(self):
        self.assertIn("is right", self.ok("check"))
        self.write("Occlum.json", b'{\n "env": 1,\n "nev": {},\n'
                   b' "feature": {"pkru": 0}\n}')
        code, out, err = run("check", cwd=self.dir)
        self.assertEqual(code, 1)
        self.assertEqual(err, "")
        self.assertIn("error: Occlum.json:2: env: must be an object", out)
        self.assertIn("error: Occlum.json:3: nev: ", out)
        self.assertIn("warning: Occlum.json:4: feature.pkru: has no effect",
                      out)
        self.fails(1, "and 1 more", "build")

    def test_command_line(self):
        self.fails(2, "did you mean build?", "buid")
        self.fails(2, "no option --froce", "build", "--froce")
        self.fails(2, "needs a value", "build", "--sign-key")
        self.fails(2, "takes no value", "build", "--force=1")
        self.fails(2, "usage: occlum new", "new")
        self.fails(125, "usage: occlum run", "run")
        self.ok("build", "-f")
        self.fails(125, "auto, sgx, emu", "run", "--platform", "vax", "/bin/x")
        self.fails(125, "--epc", "run", "--epc", "much", "/bin/x")
        self.fails(125, "--model-hw=", "run", "--model-hw=1,2", "/bin/x")
        self.fails(127, "absolute path", "run", "x")
        self.fails(125, "process.users", "run", "--user", "33", "/bin/x")
        self.configure(lambda c: c["metadata"].update(debuggable=False))
        self.ok("build")
        self.fails(125, "metadata.debuggable", "run", "--strace", "/bin/x")

    def test_help_knows_every_verb(self):
        overview = self.ok("--help")
        for verb in ("new init build run print measure check doctor add bom "
                     "status help version completion").split():
            self.assertIn(f"    {verb} ", overview)
            text = self.ok("help", verb)
            self.assertIn(f"usage: occlum {verb}", text)
            self.assertEqual(self.ok(verb, "--help"), text)
            self.assertLessEqual(max(map(len, text.split("\n"))), 100)
        self.assertRegex(self.ok("--version"),
                         r"occlum \d.*\nkernel sha256:[0-9a-f]{64}\n")
        script = self.ok("completion", "bash")
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
        words = subprocess.run(
            ["bash", "-c", script + "\nCOMP_WORDS=(occlum b) COMP_CWORD=1\n"
             "_occlum occlum b occlum; echo ${COMPREPLY[@]}"],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(words.split(), ["bom", "build"])

    def test_status_notices_a_change(self):
        self.ok("build")
        before = json.loads(self.ok("status", "--json"))
        self.assertEqual(before["state"], "built")
        self.assertFalse(before["config_changed"])
        self.configure(lambda c: c["env"].update(untrusted=[]))
        self.assertTrue(json.loads(
            self.ok("status", "--json"))["config_changed"])

    def test_status_lists_the_living(self):
        import fcntl

        def pids():
            return json.loads(self.ok("status", "--json"))["pids"]

        def run_of(pid):
            """What a run of this PID has open."""
            fd = os.open(self.path("run/pids"), os.O_RDONLY | os.O_CREAT)
            lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET,
                               pid, 1, 0)
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, lock)
            return fd

        self.ok("build")
        self.assertEqual(pids(), [])
        runs = {pid: run_of(pid) for pid in (12345, 7, 4194303, 8, 99)}
        self.assertEqual(pids(), sorted(runs))
        os.close(runs.pop(12345))
        os.close(runs.pop(7))
        self.assertEqual(pids(), sorted(runs))
        for fd in runs.values():
            os.close(fd)
        self.assertEqual(pids(), [])

    def test_one_builder_at_a_time(self):
        import fcntl
        fd = os.open(self.path("image"), os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self.fails(1, "another occlum command", "build")
        os.close(fd)
        self.ok("build")


class Tamper(InstanceCase):
    """What the platform refuses, the command explains: EINIT needs no kernel
    that works."""

    def refused(self, *needles):
        code, _, err = run("run", "--platform", "emu", "/bin/x",
                           cwd=self.dir)
        self.assertEqual(code, 125, err)
        lines = [line for line in err.splitlines() if "build/" in line]
        self.assertEqual(len(lines), 1, err)
        for needle in needles:
            self.assertIn(needle, lines[0])

    def flip(self, name, at):
        data = bytearray(self.read("build/" + name))
        data[at] ^= 1
        self.write("build/" + name, bytes(data))

    def test_one_bit(self):
        self.configure(lambda c: c["resource_limits"].update(
            max_vcpus=1, user_space_size="1MB",
            kernel_space_heap_size="4MB"))
        self.ok("build")
        for name, at, needle in [
                ("kernel", 0x1000, "build/kernel was changed"),
                ("kernel", 0x3000, "build/kernel was changed"),
                ("config.bin", 3, "build/config.bin was changed"),
                ("config.bin", 100, "build/config.bin was changed"),
                ("config.bin", -1, "build/config.bin was changed"),
                ("SIGSTRUCT", 0, "build/SIGSTRUCT carries a wrong"),
                ("SIGSTRUCT", 130, "build/SIGSTRUCT carries a wrong"),
                ("SIGSTRUCT", 600, "build/SIGSTRUCT carries a wrong"),
                ("SIGSTRUCT", 928, "build/SIGSTRUCT carries a wrong"),
                ("SIGSTRUCT", 960, "build/SIGSTRUCT carries a wrong"),
                ("SIGSTRUCT", 1040, "build/SIGSTRUCT carries a wrong")]:
            self.flip(name, at)
            self.refused(needle, 'run "occlum build"')
            self.flip(name, at)

    def test_signed_by_somebody_for_something_else(self):
        self.ok("build")
        kernel = self.read("build/kernel")
        self.configure(lambda c: c["process"].update(cwd="/tmp"))
        self.ok("build")
        other = self.read("build/SIGSTRUCT")
        self.configure(lambda c: c["process"].update(cwd="/"))
        self.ok("build")
        self.assertEqual(self.read("build/kernel"), kernel)
        self.write("build/SIGSTRUCT", other)
        self.refused("build/SIGSTRUCT was changed")

    def test_missing_files(self):
        for name in ("kernel", "config.bin", "SIGSTRUCT", "root.index",
                     "root.body"):
            self.ok("build", "--force")
            os.unlink(self.path("build", name))
            self.refused(f"build/{name} is missing")


class Add(InstanceCase):
    def resolve(self, path):
        """What @path is with image/ as root, followed by hand."""
        todo = path.strip("/").split("/")
        here = []
        while todo:
            name = todo.pop(0)
            if name in ("", "."):
                continue
            if name == "..":
                here = here[:-1]
                continue
            at = self.path("image", *here, name)
            if os.path.islink(at):
                target = os.readlink(at)
                if target.startswith("/"):
                    here = []
                todo = target.split("/") + todo
                continue
            here.append(name)
        return self.path("image", *here)

    def same(self, path):
        with open(path, "rb") as a, open(self.resolve(path), "rb") as b:
            self.assertEqual(a.read(), b.read(), path)

    def test_program_and_libraries(self):
        self.ok("add", "sh", "/usr/bin/python3")
        for path in ("/bin/sh", "/usr/bin/python3"):
            self.same(path)
            out = subprocess.run(["ldd", path], capture_output=True,
                                 text=True, check=True).stdout
            for line in out.splitlines():
                for word in line.split():
                    if word.startswith("/"):
                        self.same(word)
        # Both names of a merged /usr work.
        self.same("/lib/x86_64-linux-gnu/libc.so.6")
        self.same("/usr/lib/x86_64-linux-gnu/libc.so.6")
        self.assertIn("copied 0 files", self.ok("add", "sh"))
        self.ok("build")

    def test_musl_program(self):
        if not shutil.which("musl-gcc"):
            self.skipTest("no musl-gcc")
        source = os.path.join(self.top, "m.c")
        with open(source, "w", encoding="ascii") as f:
            f.write("int main(void) { return 0; }\n")
        subprocess.run(["musl-gcc", "-o", self.path("m"), source],
                       check=True)
        self.ok("add", "./m")
        self.same("/lib/ld-musl-x86_64.so.1")
        self.assertEqual(self.read("m"), self.read("image/bin/m"))
        # glibc is not dragged in.
        self.assertFalse(os.path.exists(
            self.path("image/lib/x86_64-linux-gnu/libc.so.6")))

    def test_own_program(self):
        src = os.path.join(self.top, "own")
        os.makedirs(src)
        lib = os.path.join(src, "libown.so")
        with open(os.path.join(src, "own.c"), "w", encoding="ascii") as f:
            f.write("int own(void) { return 7; }\n")
        with open(os.path.join(src, "main.c"), "w", encoding="ascii") as f:
            f.write("int own(void);\nint main(void) { return own(); }\n")
        cc = ["cc", "-o"]
        subprocess.run([*cc, lib, "-shared", "-fPIC",
                        os.path.join(src, "own.c")], check=True)
        subprocess.run([*cc, os.path.join(src, "prog"),
                        os.path.join(src, "main.c"), lib,
                        "-Wl,-rpath,$ORIGIN", "-Wl,--enable-new-dtags"],
                       check=True, cwd=src)
        self.ok("add", "../own/prog")
        self.assertTrue(os.path.exists(self.path("image/usr/bin/prog")))
        script = os.path.join(src, "script")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/usr/bin/env python3\n")
        os.chmod(script, 0o755)
        self.ok("add", "--to", "/opt/app", "../own/script", "../own")
        self.assertTrue(os.path.exists(self.path("image/opt/app/script")))
        self.assertTrue(os.path.exists(self.path("image/opt/app/own/prog")))
        self.same("/usr/bin/python3")
        self.same("/usr/bin/env")
        self.fails(1, "no program", "add", "no-such-program-1")
        self.fails(2, "absolute", "add", "--to", "app", "sh")

    def test_links_never_lead_out(self):
        """An image that links /usr/bin to a host folder: nothing lands there."""
        outside = os.path.join(self.top, "outside")
        os.makedirs(outside)
        shutil.rmtree(self.path("image/usr/bin"))
        os.symlink(outside, self.path("image/usr/bin"))
        run("add", "sh", cwd=self.dir)
        self.assertEqual(os.listdir(outside), [])

    def bom(self, text):
        path = os.path.join(self.top, "app.yaml")
        with open(path, "w", encoding="ascii") as f:
            f.write(text)
        return "../app.yaml"

    def test_bom(self):
        src = os.path.join(self.top, "src")
        os.makedirs(os.path.join(src, "data/.git"))
        os.makedirs(os.path.join(src, "flat"))
        for name in ("data/one", "data/.git/config", "flat/two", "three"):
            with open(os.path.join(src, name), "w", encoding="ascii") as f:
                f.write(name)
        with open(os.path.join(self.top, "more.yaml"), "w",
                  encoding="ascii") as f:
            f.write("targets:\n  - target: /from/include\n")
        text = """\
includes: [base.yaml, more.yaml]
excludes: [.git]
targets:
  - target: /opt
    mkdirs:
      - a/b
    createlinks:
      - src: ../three
        linkname: a/link
    copy:
      - from: $SRC
        dirs: [data, flat/]
        files:
          - three
          - name: three
            hash: HASH
            rename: four
            autodep: false
          - /bin/sh
  - target: /all
    copy:
      - from: ${SRC}/flat
"""
        digest = sha256(b"three").hex().upper()
        name = self.bom(text.replace("HASH", digest))
        self.ok("bom", name, env={"SRC": src})
        for path, want in [("opt/data/one", b"data/one"),
                           ("opt/two", b"flat/two"), ("opt/three", b"three"),
                           ("opt/four", b"three"), ("all/two", b"flat/two")]:
            self.assertEqual(self.read("image/" + path), want)
        self.assertTrue(os.path.isdir(self.path("image/opt/a/b")))
        self.assertTrue(os.path.isdir(self.path("image/from/include")))
        self.assertFalse(os.path.exists(self.path("image/opt/data/.git")))
        self.assertEqual(os.readlink(self.path("image/opt/a/link")),
                         "../three")
        self.same("/lib/x86_64-linux-gnu/libc.so.6")
        self.ok("build")
        self.fails(1, "no variable SRC", "bom", name)
        self.fails(1, "app.yaml:16: ", "bom",
                   self.bom(text.replace("HASH", "0" * 64)),
                   env={"SRC": src})

    def test_bad_boms(self):
        for text, needle in [
                ("targets:\n  - target: /\n    mkdir: [a]\n",
                 "app.yaml:3: mkdir is not known here"),
                ("targets:\n  - mkdirs: [a]\n", "app.yaml:2: a member"),
                ("targets: {}\n", "app.yaml:1: a list"),
                ("targets: [\n", "not valid YAML"),
                ("includes: [none.yaml]\n", "--include-dir"),
                ("includes: [app.yaml]\n", "include one another"),
                ("targets:\n- target: bin\n", "app.yaml:2: target must"),
                ("", "is empty")]:
            self.fails(1, needle, "bom", self.bom(text))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
