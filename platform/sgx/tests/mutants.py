#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Would the tests notice if something were missing from platform/sgx?

usage: mutants.py [--only TEXT] SOURCES BUILD WORK

Each mutant is the back end with one call or check changed; at least one of its
own tests has to fail.  See platform/mutation.py.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
import mutation  # noqa: E402

BACKEND = ("platform/sgx/tests/sgx-backend-test", [])
LINUX = ("platform/sgx/tests/sgx-linux-test", [])

# file of platform/sgx, text, text instead
MUTANTS = [
    # CREATE and what belongs to it
    ("build", "ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_CREATE, &arg);", "ret = 0; (void)arg; (void)c;"),
    ("build", "ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_PROVISION, &arg);", "ret = 0; (void)arg;"),
    ("build", "if (secs->attributes.flags & SGX_ATTR_PROVISIONKEY)", "if (0)"),
    ("build", "if (ret < 0)\n\t\treturn create_refused(ret, err);", "if (0)\n\t\treturn create_refused(ret, err);"),
    ("build", "if (!secs->size || secs->size & (secs->size - 1))", "if (0)"),
    ("build", "if (e->fd < 0) {", "if (0) {"),
    ("build", "ret = sgx_map_reserve(e, err);\n\tif (ret < 0)", "ret = sgx_map_reserve(e, err);\n\tif (0)"),
    ("build", "e->start = MAX(e->addr, (uint64_t)SGX_LOWEST);", "e->start = e->addr;"),
    ("build", "\tif (ret == 0)\n\t\treturn 0;\n\tc->close(c, e->fd);", "\tif (ret == 0)\n\t\treturn 0;"),
    ("build", "if (fd >= 0) {\n\t\targ.fd", "if (1) {\n\t\targ.fd"),
    ("build", "arg.fd = (uint64_t)fd;", "arg.fd = (uint64_t)e->fd;"),
    ("build", "\t\tc->close(c, fd);\n\t}\n\tif (ret < 0)", "\t}\n\tif (ret < 0)"),
    ("build", "\tc->close(c, e->fd);\n\tc->munmap(", "\tc->munmap("),
    ("build", "secs->attributes.flags & SGX_ATTR_DEBUG;", "1;"),
    # ADD_PAGES
    ("build", "ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_ADD_PAGES, arg);", "ret = 0; arg->count = arg->length;"),
    ("build", "arg->count = 0;\n\t\tret", "ret"),
    ("build", "if (arg->count > arg->length)", "if (0)"),
    ("build", "arg->src += arg->count;", ""),
    ("build", "arg->offset += arg->count;", ""),
    ("build", "if (!is_transient(ret))", "if (0)"),
    ("build", "if (idle > SGX_RETRIES)", "if (0)"),
    ("build", "return ret == 0 || ret == -EINTR || ret == -EAGAIN;", "return ret == 0;"),
    ("build", "if (!e->buffer || !npages)", "if (!npages)"),
    ("build", "if (!e->buffer || !npages)", "if (!e->buffer)"),
    ("build", "if (!src)\n\t\tmemset(", "if (0)\n\t\tmemset("),
    ("build", "flags & ENCLAVE_MEASURE ? SGX_PAGE_MEASURE : 0", "0"),
    ("build", "flags & ENCLAVE_MEASURE ? SGX_PAGE_MEASURE : 0", "SGX_PAGE_MEASURE"),
    ("build", "memcpy(e->buffer, from, size);", ""),
    ("build", "from += size;", ""),
    ("build", "ret = sgx_map_note(e, e->addr + offset, e->addr + at, secinfo);", "ret = 0;"),
    ("build", "return ret < 0 ? add_refused(ret, offset, err) : 0;", "return 0;"),
    # INIT
    ("build", "if (!e->buffer)\n\t\treturn init_refused(", "if (0)\n\t\treturn init_refused("),
    ("build", "memcpy(e->buffer, sig, sizeof(*sig));", ""),
    ("build", "i < SGX_RETRIES && ret == -EINTR", "i < 1"),
    ("build", "i < SGX_RETRIES && ret == -EINTR", "ret == -EINTR"),
    ("build", "ret = c->ioctl(c, e->fd, SGX_IOC_ENCLAVE_INIT, &arg);", "ret = 0;"),
    ("build", "if (ret < 0)\n\t\treturn init_refused(ret, err);", ""),
    ("build", "ret = sgx_map_pages(e, err);", "ret = 0;"),
    # mapping
    ("map", "if (e->start >= end)", "if (0)"),
    ("map", "MAP_FIXED_NOREPLACE,", "MAP_FIXED,"),
    ("map", "if (ret == -EPERM || ret == -EACCES)\n\t\treturn platform_fail(\n\t\t\terr, -ENOMEM", "if (0)\n\t\treturn platform_fail(\n\t\t\terr, -ENOMEM"),
    ("map", "if (ret < 0)\n\t\treturn platform_fail(err, -ENOMEM, 0,\n\t\t                     \"the addresses", "if (0)\n\t\treturn platform_fail(err, -ENOMEM, 0,\n\t\t                     \"the addresses"),
    ("map", "if (secinfo_page_type(secinfo) == SGX_PT_TCS)", "if (0)"),
    ("map", "prot |= PROT_READ;", ""),
    ("map", "prot |= PROT_WRITE;", ""),
    ("map", "prot |= PROT_EXEC;", ""),
    ("map", "last->end == addr && last->prot == prot", "last->end == addr"),
    ("map", "last->end == addr && last->prot == prot", "last->prot == prot"),
    ("map", "qsort(e->run, e->n_runs, sizeof(*e->run), by_addr);", ""),
    ("map", "e->platform->base.caps.sgx2 ? PROT_ALL : PROT_NONE", "PROT_ALL"),
    ("map", "e->platform->base.caps.sgx2 ? PROT_ALL : PROT_NONE", "PROT_NONE"),
    ("map", "return ret ? ret : protect(e, at, e->addr + e->size, gap);", "return ret;"),
    ("map", "ret = protect(e, at, r->addr, gap);", "ret = 0;"),
    ("map", "ret = protect(e, r->addr, r->end, r->prot);", "ret = 0;"),
    ("map", "return c->mprotect(c, addr, end - addr, prot);", "(void)c; return 0;"),
    ("map", "MAP_SHARED | MAP_FIXED, e->fd", "MAP_PRIVATE | MAP_FIXED, e->fd"),
    ("map", "if (ret == 0)\n\t\tret = protect_all(e);", ""),
    ("map", "if (ret == -EPERM || ret == -EACCES)\n\t\treturn platform_fail(\n\t\t\terr, -EACCES", "if (0)\n\t\treturn platform_fail(\n\t\t\terr, -EACCES"),
    ("map", "if (ret < 0)\n\t\treturn platform_fail(err, -ENOMEM, 0,\n\t\t                     \"can't map", "if (0)\n\t\treturn platform_fail(err, -ENOMEM, 0,\n\t\t                     \"can't map"),
    # SGX2
    ("page", "int ret = sgx_calls(e)->ioctl(sgx_calls(e), e->fd, s->request, &arg);\n\n\ts->result", "int ret = 0; arg.count = arg.length;\n\n\ts->result"),
    ("page", "int ret = sgx_calls(e)->ioctl(sgx_calls(e), e->fd, s->request, &arg);\n\n\ts->count", "int ret = 0; arg.count = arg.length;\n\n\ts->count"),
    ("page", ".request = SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,", ".request = SGX_IOC_ENCLAVE_MODIFY_TYPES,"),
    ("page", ".request = SGX_IOC_ENCLAVE_MODIFY_TYPES,", ".request = SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS,"),
    ("page", "if (!e->platform->base.caps.sgx2)\n\t\treturn -ENODEV;", ""),
    ("page", "ret == 0 || ret == -EINTR || ret == -EAGAIN || ret == -EBUSY", "ret == 0 || ret == -EAGAIN || ret == -EBUSY"),
    ("page", "ret == 0 || ret == -EINTR || ret == -EAGAIN || ret == -EBUSY", "ret == 0 || ret == -EINTR || ret == -EBUSY"),
    ("page", "ret == 0 || ret == -EINTR || ret == -EAGAIN || ret == -EBUSY", "ret == 0 || ret == -EINTR || ret == -EAGAIN"),
    ("page", "if (s->count > s->length)", "if (0)"),
    ("page", "ret_progress->npages += s->count >> PAGE_SHIFT;", "ret_progress->npages = s->count >> PAGE_SHIFT;"),
    ("page", "ret_progress->code = (uint32_t)s->result;", ""),
    ("page", "s->offset += s->count;", ""),
    ("page", "s->length -= s->count;", "s->length = 0;"),
    ("page", "(ret && idle > SGX_RETRIES)", "0"),
    ("page", "if (!ret && idle)", "if (0)"),
    ("page", "pthread_mutex_lock(&e->page_calls);", ""),
    ("page", "pthread_mutex_unlock(&e->page_calls);", ""),
    # debug access
    ("debug", "if (!e->is_debug)", "if (0)"),
    ("debug", "if (offset >= e->size || size > e->size - offset)", "if (0)"),
    ("debug", "fd = c->open(c, \"/proc/self/mem\", O_RDONLY);\n\tif (fd < 0)", "fd = c->open(c, \"/proc/self/mem\", O_RDONLY);\n\tif (0)"),
    ("debug", "fd = c->open(c, \"/proc/self/mem\", O_RDWR);\n\tif (fd < 0)", "fd = c->open(c, \"/proc/self/mem\", O_RDWR);\n\tif (0)"),
    ("debug", "if (c->pread(c, fd, dst, size, addr) != (long)size)", "if (c->pread(c, fd, dst, size, addr), 0)"),
    ("debug", "if (c->pwrite(c, fd, src, size, addr) != (long)size)", "if (c->pwrite(c, fd, src, size, addr), 0)"),
    ("debug", "if (c->pread(c, fd, dst, size, addr) != (long)size)\n\t\tret = -EFAULT;\n\tc->close(c, fd);", "if (c->pread(c, fd, dst, size, addr) != (long)size)\n\t\tret = -EFAULT;"),
    # opening
    ("platform", "if (fd < 0)\n\t\treturn open_refused(fd, err);", ""),
    ("platform", "case -EACCES:\n\tcase -EPERM:", "case -EPERM:"),
    ("platform", "case -ENOENT:", ""),
    ("platform", "case -EIO:", ""),
    ("platform", "return c->ioctl(c, fd, SGX_IOC_ENCLAVE_RESTRICT_PERMISSIONS, &arg) ==\n\t       -EINVAL;", "(void)arg; return true;"),
    ("platform", ".miscselect = leaf.ebx & SGX_MISC_EXINFO,", ".miscselect = leaf.ebx,"),
    ("platform", "((uint64_t)attr.ebx << 32 | attr.eax) & SGX_ATTRIBUTES,", "((uint64_t)attr.ebx << 32 | attr.eax),"),
    ("platform", "& c->xcr0(c) &", "&"),
    ("platform", "& c->xcr0(c) & SGX_XFRM;", "& c->xcr0(c);"),
    ("platform", "c->permit(c, FEATURE_TILEDATA) < 0", "0"),
    ("platform", "xfrm & SGX_XFRM_TILEDATA && c->permit", "c->permit"),
    ("platform", "total += size;", ""),
    ("platform", ".size_max_log2 = sgx_cpuid_size64_log2(leaf.edx),", ".size_max_log2 = 64,"),
    ("platform", "leaf.eax & SGX_CPUID_12_EAX_EDECCSSA", "1"),
    ("platform", "\tc->close(c, fd);\n\tp->entry", "\tp->entry"),
    ("platform", "if (!p->entry)", "if (0)"),
    ("platform", "ret = c->sigaction(c, PLATFORM_TICK_SIGNAL, sgx_on_tick);", "ret = 0;"),
    ("platform", "ret = c->sigaction(c, PLATFORM_TICK_SIGNAL, sgx_on_tick);\n\tif (ret < 0)", "ret = c->sigaction(c, PLATFORM_TICK_SIGNAL, sgx_on_tick);\n\tif (0)"),
    # threads
    ("thread", "if (sgx_self)", "if (0)"),
    ("thread", "ret = c->thread_begin(c, e->fd);", "ret = 0;"),
    ("thread", "ret = c->thread_begin(c, e->fd);\n\tif (ret < 0) {", "ret = c->thread_begin(c, e->fd);\n\tif (0) {"),
    ("thread", "\tblock_signals(t);\n", ""),
    ("thread", "sigdelset(&mask, PLATFORM_TICK_SIGNAL);", ""),
    ("thread", "sigdelset(&mask, unblocked[i]);", ""),
    ("thread", "__atomic_store_n(&sgx_self, NULL, __ATOMIC_SEQ_CST);", ""),
    ("thread", "pthread_sigmask(SIG_SETMASK, &t->old_mask, NULL);", ""),
    ("thread", "c->thread_end(c, t->enclave->fd);", "(void)c;"),
    ("thread", ".tick = __atomic_load_n(&t->ticks, __ATOMIC_RELAXED),", ".tick = 0,"),
    # ticks
    ("tick", "gregs[REG_RIP] == gregs[REG_RCX] && code[0] == 0x0f", "code[0] == 0x0f"),
    ("tick", "code[0] == 0x0f &&", ""),
    ("tick", "code[1] == 0x01 && ", ""),
    ("tick", "code[2] == 0xd7", "1"),
    ("tick", "return run_of(gregs)->function == ENCLU_ERESUME;", "return false;"),
    ("tick", "t->missed = 0;", ""),
    ("tick", "t->missed = 1;", ""),
    ("tick", "run.function == ENCLU_EEXIT;", "1;"),
    ("tick", "if (!t)\n\t\treturn;", ""),
    ("tick", "if (!is_at_enclu(gregs))\n\t\treturn;", ""),
    ("tick", "\t__atomic_store_n(&t->asked, 0, __ATOMIC_SEQ_CST);\n\tif (!is", "\tif (!is"),
    ("tick", "if (!is_to_be_sent(asked))", "if (0)"),
    ("tick", "is_power_of_two && asked & SGX_TICK_AGAIN", "asked % SGX_TICK_PATIENCE == 0"),
    ("tick", "(is_power_of_two && asked & SGX_TICK_AGAIN)", "0"),
    ("tick", "PLATFORM_TICK_SIGNAL) < 0)", "PLATFORM_TICK_SIGNAL) < -9999)"),
    ("tick", "if (gregs[REG_RAX] == ENCLU_EENTER) {", "if (0) {"),
    ("tick", "if (gregs[REG_RAX] != ENCLU_ERESUME || is_in_handler(gregs))", "if (is_in_handler(gregs))"),
    ("tick", "gregs[REG_RAX] = ENCLU_NONE;", ";"),
    ("tick", "else if (regs.rdi != LEAVE_TRAP)", "else if (0)"),
    ("tick", "gregs[REG_RIP] += ENCLU_SIZE;", ""),
    ("tick", "gregs[REG_RDI] = (greg_t)regs->rdi;", ""),
    ("tick", "c->tgkill(c, t->tid, PLATFORM_TICK_SIGNAL)", "0"),
    # the vDSO
    ("vdso", "if (!image || memcmp(image, ELFMAG, SELFMAG) != 0)", "if (0)"),
    ("vdso", "if (!load)", "if (0)"),
    ("vdso", "if (!phdr)\n\t\treturn;", ""),
    ("vdso", "sym->st_shndx != SHN_UNDEF &&", ""),
    ("vdso", "strcmp(d.strtab + sym->st_name, name) == 0", "1"),
    ("vdso", "return d->gnu_hash ? gnu_symbol_count(d->gnu_hash) : 0;", "return 0;"),
    # the real host
    ("linux", "flags | O_CLOEXEC", "flags"),
    ("linux", "return fd < 0 ? -errno : fd;", "return fd;"),
    ("linux", "return close(fd) < 0 ? -errno : 0;", "return close(fd);"),
    ("linux", "ssize_t n = pread(fd, dst, size, (off_t)at);\n\n\t(void)c;\n\treturn n < 0 ? -errno : n;", "ssize_t n = pread(fd, dst, size, (off_t)at);\n\n\t(void)c;\n\treturn n;"),
    ("linux", "ssize_t n = pwrite(fd, src, size, (off_t)at);\n\n\t(void)c;\n\treturn n < 0 ? -errno : n;", "ssize_t n = pwrite(fd, src, size, (off_t)at);\n\n\t(void)c;\n\treturn n;"),
    ("linux", "return ret < 0 ? -errno : ret;", "return ret;"),
    ("linux", "int ret = ioctl(fd, request, arg);", "int ret = 0; (void)fd; (void)request; (void)arg;"),
    ("linux", "if (got == want)", "if (1)"),
    ("linux", "if (got == MAP_FAILED)", "if (0)"),
    ("linux", "mprotect((void *)(uintptr_t)addr, size, prot) < 0 ? -errno : 0", "0"),
    ("linux", "munmap((void *)(uintptr_t)addr, size) < 0 ? -errno : 0", "0"),
    ("linux", "sigfillset(&action.sa_mask);", ""),
    ("linux", "SA_SIGINFO | SA_RESTART", "SA_SIGINFO"),
    ("linux", "SA_SIGINFO | SA_RESTART", "SA_SIGINFO | SA_RESTART | SA_ONSTACK"),
    ("linux", "syscall(SYS_tgkill, getpid(), tid, sig) < 0 ? -errno : 0", "0"),
    ("linux", "__get_cpuid_count(leaf, subleaf, &ret_regs->eax, &ret_regs->ebx,", "__get_cpuid_count(leaf, subleaf + 1, &ret_regs->eax, &ret_regs->ebx,"),
    ("linux", "syscall(SYS_arch_prctl, REQ_XCOMP_PERM, feature) < 0", "0"),
    ("linux", "(uint64_t)high << 32 | low;", "low & 1;"),
]


def path(name):
    return f"platform/sgx/{name}.c"


def tests_of(name):
    return [LINUX, BACKEND] if name == path("linux") else [BACKEND, LINUX]


mutation.main(__doc__, tests_of, [(path(name), old, new) for name, old, new in MUTANTS], timeout=40)
