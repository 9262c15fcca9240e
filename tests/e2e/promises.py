#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
promises.py - what `occlum run` promises besides running programs: exit codes,
signals, standard input, environment, users, and what happens when somebody
changed the instance or memory runs out.

    promises.py OCCLUM WORK_DIR [TEST...]
"""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
import unittest

OCCLUM = os.path.realpath(sys.argv[1])
WORK = os.path.join(os.path.realpath(sys.argv[2]), "promises")
CHUNK = 65536
# Four chunks, each unlike the others, that occur nowhere else.
DATA = b"".join(bytes([65 + i]) + b"sealed%05d" % i * (CHUNK // 11) + b"." * (CHUNK % 11)
                for i in range(4))[:4 * CHUNK]
BUSYBOX = "/bin/busybox"
PYTHON = "/usr/bin/python3"
LIMITS = {"user_space_size": "64MB", "user_space_max_size": "1GB", "max_vcpus": 4}


def occlum(*args, cwd, **kw):
    kw.setdefault("stdin", subprocess.DEVNULL)
    if "input" in kw:
        del kw["stdin"]
    return subprocess.run([OCCLUM, *args], cwd=cwd, capture_output=True, timeout=60, **kw)


def make(folder, change=lambda config: None):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    for args, cwd in [(("new", folder), "/"), (("add", "busybox", PYTHON, "/usr/lib/python3.11"), folder)]:
        done = occlum(*args, cwd=cwd)
        if done.returncode:
            sys.exit(done.stderr.decode())
    with open(folder + "/image/data", "wb") as f:
        f.write(DATA)
    configure(folder, change)


def configure(folder, change):
    """Change the config of @folder, and build."""
    path = folder + "/Occlum.json"
    with open(path, encoding="utf-8") as f:
        config = json.load(f)
    config["resource_limits"].update(LIMITS)
    change(config)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f, indent=1)
    done = occlum("build", cwd=folder)
    if done.returncode:
        raise AssertionError(done.stderr.decode())


class Case(unittest.TestCase):
    folder = os.path.join(WORK, "instance")

    @classmethod
    def setUpClass(cls):
        if os.path.isdir(Case.folder) and getattr(Case, "made", False):
            return

        def change(config):
            config["env"]["default"] = ["FIXED=1", "BOTH=inside"]
            config["env"]["untrusted"] = ["OPEN", "BOTH"]
            config["process"]["users"] = ["nobody"]

        make(Case.folder, change)
        Case.made = True

    def run_in(self, *args, options=(), cwd=None, **kw):
        return occlum("run", *options, *args, cwd=cwd or self.folder, **kw)

    def start(self, *args, **kw):
        """A run in the background; its parent ignores no signal."""
        return subprocess.Popen([OCCLUM, "run", *args], cwd=self.folder, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, restore_signals=True,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), **kw)


class ExitCode(Case):
    def code(self, *args, **kw):
        return self.run_in(*args, **kw).returncode

    def test_of_the_program(self):
        for n in (0, 1, 42, 125, 255):
            self.assertEqual(self.code(BUSYBOX, "sh", "-c", f"exit {n}"), n)

    def test_of_a_signal(self):
        for sig in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGUSR1):
            self.assertEqual(self.code(BUSYBOX, "sh", "-c", f"kill -{int(sig)} $$"), 128 + sig)

    def test_not_found_and_not_executable(self):
        for path, code in [("/bin/nonesuch", 127), ("/usr/bin/none/such", 127), ("/etc/passwd", 126),
                           ("/usr/lib/python3.11/os.py", 126)]:
            done = self.run_in(path)
            self.assertEqual(done.returncode, code, path)
            self.assertIn(b"occlum: ", done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_of_occlum_itself(self):
        self.assertEqual(self.code(BUSYBOX, cwd="/"), 125)
        self.assertEqual(self.code(BUSYBOX, "true", options=["--user", "root2"]), 125)
        for words in (["--bogus"], ["--epc", "much"], ["--platform", "vax"], []):
            self.assertEqual(self.code(*words), 125, words)
        self.assertEqual(occlum("-C", "/nowhere", "run", BUSYBOX, cwd="/").returncode, 125)
        self.assertEqual(occlum("-C", "/nowhere", "build", cwd="/").returncode, 1)
        self.assertEqual(occlum("build", "--bogus", cwd=self.folder).returncode, 2)


class Inputs(Case):
    def test_environment(self):
        env = dict(os.environ, OPEN="o", BOTH="outside", LD_PRELOAD_X="no", FIXED="2")
        done = self.run_in(BUSYBOX, "env", env=env)
        self.assertEqual(sorted(done.stdout.split()), [b"BOTH=outside", b"FIXED=1", b"OPEN=o"])

    def test_environment_of_nobody(self):
        # Where the platform's secret lies, without HOME, the password file says.
        done = self.run_in(BUSYBOX, "env", env={})
        self.assertEqual(sorted(done.stdout.split()), [b"BOTH=inside", b"FIXED=1"])

    def test_no_place_for_the_secret(self):
        done = self.run_in(BUSYBOX, "env", env={"XDG_STATE_HOME": "/proc/none"})
        self.assertEqual((done.returncode, done.stdout), (125, b""))
        self.assertIn(b"/proc/none/sofaenclave/emu.secret", done.stderr)
        self.assertIn(b"set XDG_STATE_HOME", done.stderr)

    def test_user(self):
        self.assertIn(b"uid=0(root)", self.run_in(BUSYBOX, "id").stdout)
        done = self.run_in(BUSYBOX, "id", options=["--user", "nobody"])
        self.assertIn(b"uid=65534(nobody)", done.stdout)
        done = self.run_in(BUSYBOX, "id", options=["--user", "daemon"])
        self.assertEqual((done.returncode, done.stdout), (125, b""))
        self.assertIn(b"process.users", done.stderr)

    def test_stdin_pipe(self):
        data = os.urandom(3 << 20)
        self.assertEqual(self.run_in(BUSYBOX, "cat", input=data).stdout, data)

    def test_stdin_file(self):
        path = os.path.join(WORK, "input")
        with open(path, "wb") as f:
            f.write(b"one\ntwo\nthree\n" * 9999)
        with open(path, "rb") as f:
            f.seek(4)
            done = self.run_in(BUSYBOX, "sha256sum", stdin=f)
        with open(path, "rb") as f:
            f.seek(4)
            want = subprocess.run(["sha256sum"], stdin=f, capture_output=True, check=True).stdout
        self.assertEqual(done.stdout, want)

    def test_stdin_empty(self):
        done = self.run_in(BUSYBOX, "wc", "-c")
        self.assertEqual(done.stdout.strip(), b"0")

    def test_reader_goes_away(self):
        p = self.start(BUSYBOX, "yes")
        self.assertEqual(p.stdout.readline(), "y\n")
        p.stdout.close()
        self.assertEqual(p.wait(20), 128 + signal.SIGPIPE)
        p.stderr.close()

    def on_terminal(self, *args):
        """(pid, descriptor of the other side) of a run on a terminal."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execv(OCCLUM, ["occlum", "run", *args])
        return pid, fd

    def expect(self, fd, text):
        seen = b""
        while text not in seen:
            seen += os.read(fd, 4096)
        return seen

    def test_terminal(self):
        code = "import sys,os; print([os.isatty(i) for i in range(3)]); print('got', sys.stdin.readline())"
        pid, fd = self.on_terminal(PYTHON, "-c", code)
        self.expect(fd, b"[True, True, True]")
        os.write(fd, b"typed\n")
        self.expect(fd, b"got typed")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(fd)

    def test_name_of_the_terminal(self):
        pid, fd = self.on_terminal(BUSYBOX, "tty")
        self.expect(fd, b"/dev/console\r\n")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(fd)
        code = "import os; print([os.ttyname(i) for i in range(3)], open('/dev/tty').isatty())"
        pid, fd = self.on_terminal(PYTHON, "-c", code)
        self.expect(fd, b"['/dev/console', '/dev/console', '/dev/console'] True")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(fd)
        self.assertEqual(self.run_in(BUSYBOX, "tty").stdout, b"not a tty\n")

    def test_ctrl_c_on_a_terminal(self):
        pid, fd = self.on_terminal(BUSYBOX, "sh", "-c", "echo up; exec sleep 30")
        self.expect(fd, b"up\r\n")
        time.sleep(0.1)
        os.write(fd, b"\x03")
        begin = time.monotonic()
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 130)
        self.assertLess(time.monotonic() - begin, 5)
        os.close(fd)


class Signals(Case):
    def test_they_end_the_program(self):
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            p = self.start(BUSYBOX, "sh", "-c", "echo up; exec sleep 30")
            self.assertEqual(p.stdout.readline(), "up\n")
            time.sleep(0.1)
            p.send_signal(sig)
            p.communicate(timeout=20)
            self.assertEqual(p.returncode, 128 + sig)

    def test_a_busy_program_hears_them(self):
        p = self.start(PYTHON, "-c", "print('up', flush=True)\nwhile True: pass")
        self.assertEqual(p.stdout.readline(), "up\n")
        p.send_signal(signal.SIGINT)
        _, err = p.communicate(timeout=20)
        self.assertEqual(p.returncode, 130)
        self.assertIn("KeyboardInterrupt", err)

    def test_the_program_may_handle_them(self):
        code = ("import signal, time\n"
                "signal.signal(signal.SIGTERM, lambda *a: print('term', flush=True))\n"
                "print('up', flush=True)\n"
                "try: time.sleep(30)\n"
                "except KeyboardInterrupt: print('interrupted'); raise SystemExit(7)\n")
        p = self.start(PYTHON, "-c", code)
        self.assertEqual(p.stdout.readline(), "up\n")
        time.sleep(0.2) # Python has to be asleep, behind "try"
        p.send_signal(signal.SIGTERM)
        self.assertEqual(p.stdout.readline(), "term\n")
        time.sleep(0.2)
        p.send_signal(signal.SIGINT)
        out, _ = p.communicate(timeout=20)
        self.assertEqual((out, p.returncode), ("interrupted\n", 7))


def flip(path, at):
    with open(path, "r+b") as f:
        f.seek(at)
        byte = f.read(1)[0]
        f.seek(at)
        f.write(bytes([byte ^ 1]))


class Tampering(Case):
    def path(self, name):
        return os.path.join(self.folder, "build", name)

    def refused(self, name, at):
        flip(self.path(name), at)
        try:
            done = self.run_in(BUSYBOX, "echo", "ran")
        finally:
            flip(self.path(name), at)
        self.assertEqual((done.returncode, done.stdout), (125, b""), f"{name} at {at}")
        self.assertIn(b"build/" + name.encode(), done.stderr)

    def test_start_is_refused(self):
        for name in ("config.bin", "SIGSTRUCT", "root.index"):
            size = os.path.getsize(self.path(name))
            for at in (0, size // 3, size // 2, size - 1):
                self.refused(name, at)
        # Headers, text, data.
        for at in (0, 24, 0x1000, 0x4321, 0x30000):
            self.refused("kernel", at)

    def said_once(self, done):
        """One sentence, beside the two of every such run."""
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 3, done.stderr)
        self.assertEqual(sum(b"root's body was changed" in line for line in lines), 1, done.stderr)

    def body_offset(self, content):
        with open(self.path("root.body"), "rb") as f:
            at = f.read().find(content)
        self.assertGreaterEqual(at, 0)
        return at

    def with_body_flipped(self, at, *args):
        flip(self.path("root.body"), at)
        try:
            return self.run_in(*args)
        finally:
            flip(self.path("root.body"), at)

    def test_a_read_gives_eio(self):
        code = ("f = open('/data', 'rb', buffering=0)\n"
                "for i in range(4):\n"
                "  f.seek(i * 65536)\n"
                "  try: print(f.read(10))\n"
                "  except OSError as e: print(e.errno)\n")
        done = self.with_body_flipped(self.body_offset(DATA) + 2 * CHUNK + 4711, PYTHON, "-c", code)
        want = [str(DATA[i * CHUNK:i * CHUNK + 10]) for i in range(4)]
        want[2] = "5"
        self.assertEqual(done.stdout.decode().splitlines(), want)
        self.said_once(done)

    def test_nothing_changed_leaves(self):
        """Neither the changed byte nor the chunk around it is ever seen."""
        done = self.with_body_flipped(self.body_offset(DATA) + CHUNK + 3, BUSYBOX, "cat", "/data")
        self.assertNotEqual(done.returncode, 0)
        self.assertTrue(DATA[:CHUNK].startswith(done.stdout))
        self.assertIn(b"root's body was changed", done.stderr)

    def test_a_program_is_not_executed(self):
        with open("/bin/busybox", "rb") as f:
            at = self.body_offset(f.read(CHUNK))
        done = self.with_body_flipped(at + 1000, BUSYBOX, "echo", "ran")
        self.assertEqual((done.returncode, done.stdout), (126, b""))
        self.said_once(done)
        code = ("import os\ntry: os.execv('/bin/busybox', ['busybox'])\n"
                "except OSError as e: print(e.errno)")
        done = self.with_body_flipped(at + 1000, PYTHON, "-c", code)
        self.assertEqual((done.returncode, done.stdout), (0, b"5\n"))

    def test_a_page_of_a_program_that_was_started(self):
        """Its parent sees what a shell would say; a handler hears of it."""
        with open(BUSYBOX, "rb") as f:
            at = self.body_offset(f.read(CHUNK)) + 2 * CHUNK
        while self.with_body_flipped(at, BUSYBOX, "true").returncode == 0:
            at += CHUNK
        code = "import subprocess; print(subprocess.run(['/bin/busybox', 'true']).returncode)"
        done = self.with_body_flipped(at, PYTHON, "-c", code)
        self.assertEqual((done.returncode, done.stdout), (0, b"126\n"))
        code = ("import mmap, signal\n"
                "f = open('/data', 'rb')\n"
                "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
                "signal.signal(signal.SIGBUS, signal.SIG_DFL)\n"
                "print(m[0], flush=True)\n"
                "print(m[3 * 65536])\n")
        done = self.with_body_flipped(self.body_offset(DATA) + 3 * CHUNK, PYTHON, "-c", code)
        self.assertEqual((done.returncode, done.stdout), (126, b"65\n"))
        self.said_once(done)

    def test_any_page_of_a_program(self):
        """One of its data pages too, which exec clears a part of."""
        with open(BUSYBOX, "rb") as f:
            body = f.read()
        last = (len(body) - 1) // CHUNK * CHUNK
        at = self.body_offset(body[:CHUNK]) + last
        seen = set()
        for back in range(0, 3 * CHUNK, CHUNK):
            done = self.with_body_flipped(at - back, BUSYBOX, "true")
            seen.add(done.returncode)
            if done.returncode:
                self.assertEqual(done.returncode, 126)
                self.said_once(done)
            code = "import subprocess; print(subprocess.run(['/bin/busybox', 'true']).returncode)"
            later = self.with_body_flipped(at - back, PYTHON, "-c", code)
            self.assertEqual((later.returncode, later.stdout), (0, b"%d\n" % done.returncode))
        self.assertIn(126, seen)

    def test_untouched_it_runs(self):
        self.assertEqual(self.run_in(BUSYBOX, "sha256sum", "/data").returncode, 0)


class Memory(unittest.TestCase):
    """Too little of each kind: ENOMEM or a sentence, and never a hang."""

    folder = os.path.join(WORK, "small")
    hungry = ("x = []\n"
              "try:\n"
              "  while True: x.append(bytes(100000))\n"
              "except MemoryError: x = None; print('ENOMEM')\n")

    @classmethod
    def setUpClass(cls):
        make(cls.folder)

    def with_limits(self, **limits):
        def change(config):
            config["process"].update(default_stack_size="1MB", default_heap_size="1MB")
            config["resource_limits"].update(limits)

        configure(self.folder, change)

    def ends_well(self, done):
        # The program's own words, the dynamic linker's, and ours.
        words = [b"MemoryError", b"failed to map segment", b"raise resource_limits."]
        said = any(w in done.stderr for w in words)
        self.assertTrue(b"ENOMEM" in done.stdout or said,
                        f"{done.returncode} {done.stdout} {done.stderr}")

    def test_user_space(self):
        for size in ("48MB", "24MB", "12MB", "6MB"):
            self.with_limits(user_space_size=size, user_space_max_size=size)
            for isa in ("sgx1", "sgx2"):
                with self.subTest(size=size, isa=isa):
                    self.ends_well(occlum("run", "--isa", isa, PYTHON, "-c", self.hungry, cwd=self.folder))

    def test_one_large_piece(self):
        self.with_limits(user_space_size="64MB", user_space_max_size="64MB")
        code = "try: bytearray(80 << 20)\nexcept MemoryError: print('ENOMEM')"
        done = occlum("run", PYTHON, "-c", code, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (0, b"ENOMEM\n"))

    def test_kernel_heap(self):
        code = ("f = open('/tmp/x', 'wb')\n"
                "try:\n"
                "  while True: f.write(bytes(1 << 20))\n"
                "except OSError as e: print('ENOMEM' if e.errno in (12, 28) else e)\n")
        for size in ("24MB", "12MB", "6MB"):
            self.with_limits(kernel_space_heap_size=size, kernel_space_heap_max_size=size)
            with self.subTest(size=size):
                self.ends_well(occlum("run", PYTHON, "-c", code, cwd=self.folder))

    def test_kernel_heap_grows(self):
        """Where pages can be added, it is the maximum that counts."""
        self.with_limits(kernel_space_heap_size="12MB", kernel_space_heap_max_size="300MB")
        for isa, status in (("sgx2", 0), ("sgx1", 1)):
            done = occlum("run", "--isa", isa, BUSYBOX, "dd", "if=/dev/urandom", "of=/tmp/x", "bs=1M", "count=100",
                          cwd=self.folder)
            self.assertEqual(done.returncode, status, done.stderr)

    def test_machine(self):
        self.with_limits()
        for size in ("32M", "110M"):
            with self.subTest(epc=size):
                done = occlum("run", "--epc", size, PYTHON, "-c", "x = bytearray(300 << 20)", cwd=self.folder)
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(b"--epc" in done.stderr or b"out of memory" in done.stderr, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:], verbosity=2)
