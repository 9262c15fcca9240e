/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mem.c - system calls on the address space: check what comes in, in Linux's
 * order, and hand checked values to mm/.
 */
#include "base/errno.h"
#include "base/units.h"
#include "libos/fs/fdtable.h"
#include "libos/fs/file.h"
#include "libos/mm/mm.h"
#include "libos/mm/object.h"
#include "libos/mm/uapi.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/cred.h"
#include "libos/proc/process.h"
#include "libos/sched/thread.h"
#include "libos/sys/syscalls_gen.h"

#define PROT_SEM 0x8 /* accepted by mprotect(2), means nothing on x86 */

/* What MAP_SHARED_VALIDATE knows; Linux calls it LEGACY_MAP_MASK. */
#define MAP_KNOWN                                                              \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN |    \
	 MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE |         \
	 MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |               \
	 MAP_FIXED_NOREPLACE)

static int check_map_type(uint32_t flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		return flags & ~(uint32_t)MAP_KNOWN ? -EOPNOTSUPP : 0;
	case MAP_SHARED:
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

static int check_map_mode(const struct file *f, uint32_t prot, uint32_t flags)
{
	bool is_private = (flags & MAP_TYPE) == MAP_PRIVATE;

	if (!is_private && (prot & PROT_WRITE) && !(f->mode & FILE_WRITE))
		return -EACCES;
	return f->mode & FILE_READ ? 0 : -EACCES;
}

/* A mapping of file descriptor @fd. */
static long map_file(struct thread *self, struct mm_map *req, int fd,
                     uint64_t *ret_addr)
{
	struct file *f = fd_get(self->files, fd);
	int ret;

	if (!f)
		return -EBADF;
	ret = check_map_mode(f, req->prot, req->flags);
	if (ret < 0)
		goto out_file;
	req->may_write = (f->mode & FILE_WRITE) != 0;
	ret = f->ops->mmap(f, &req->object);
	if (ret < 0)
		goto out_file;
	ret = mm_map(self->mm, req, ret_addr);
	vm_object_put(req->object);
out_file:
	file_put(f);
	return ret;
}

/* mmap(2).  Sleeps.  EINVAL EBADF EACCES ENODEV ENOMEM EEXIST EPERM EOVERFLOW */
long sys_mmap(struct thread *self, uint64_t addr, uint64_t size, int prot,
              int flags, int fd, uint64_t offset)
{
	struct mm_map req = {
		.addr = addr,
		.size = size,
		.prot = (uint32_t)prot & (PROT_READ | PROT_WRITE | PROT_EXEC),
		.flags = (uint32_t)flags,
		.offset = offset,
	};
	uint64_t at;
	long ret;

	if (!IS_ALIGNED(offset, PAGE_SIZE) || size == 0)
		return -EINVAL;
	ret = check_map_type(req.flags);
	if (ret < 0)
		return ret;
	if (flags & MAP_HUGETLB)
		return -ENOMEM;
	if (flags & MAP_ANONYMOUS)
		ret = mm_map(self->mm, &req, &at);
	else
		ret = map_file(self, &req, fd, &at);
	return ret < 0 ? ret : (long)at;
}

/* munmap(2).  Sleeps.  EINVAL ENOMEM */
long sys_munmap(struct thread *self, uint64_t addr, size_t size)
{
	return mm_unmap(self->mm, addr, size);
}

/* mprotect(2).  Sleeps.  EINVAL EACCES ENOMEM */
long sys_mprotect(struct thread *self, uint64_t addr, size_t size, int prot)
{
	const uint32_t known = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;

	if ((uint32_t)prot & ~known)
		return -EINVAL;
	return mm_protect(self->mm, addr, size,
	                  (uint32_t)prot & ~(uint32_t)PROT_SEM);
}

/* brk(2).  Sleeps.  Never fails: the answer is the break. */
long sys_brk(struct thread *self, uint64_t brk)
{
	return (long)mm_brk(self->mm, brk);
}

/* mremap(2).  Sleeps.  EINVAL EFAULT ENOMEM EPERM */
long sys_mremap(struct thread *self, uint64_t addr, size_t old_size,
                size_t new_size, int flags, uint64_t new_addr)
{
	struct mm_remap req = {
		.old_addr = addr,
		.old_size = old_size,
		.new_size = new_size,
		.new_addr = new_addr,
		.flags = (uint32_t)flags,
	};
	uint64_t at;
	int ret = mm_remap(self->mm, &req, &at);

	return ret < 0 ? ret : (long)at;
}

/* msync(2).  Sleeps.  EINVAL ENOMEM EIO */
long sys_msync(struct thread *self, uint64_t addr, size_t size, int flags)
{
	return mm_sync(self->mm, addr, size, flags);
}

/* mincore(2).  Sleeps.  EINVAL ENOMEM EFAULT */
long sys_mincore(struct thread *self, uint64_t addr, size_t size,
                 uint8_t __user *vec)
{
	enum { BATCH = 256 };
	uint8_t bytes[BATCH];
	uint64_t npages;
	int ret;

	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (size > UINT64_MAX - PAGE_SIZE)
		return -ENOMEM;
	for (npages = PAGES_FOR(size); npages;) {
		uint64_t n = MIN(npages, (uint64_t)BATCH);

		ret = mm_incore(self->mm, addr, n << PAGE_SHIFT, bytes);
		if (ret < 0)
			return ret;
		if (copy_to_user(vec, bytes, n) < 0)
			return -EFAULT;
		vec += n;
		addr += n << PAGE_SHIFT;
		npages -= n;
	}
	return 0;
}

/* madvise(2).  Sleeps.  EINVAL ENOMEM EFAULT */
long sys_madvise(struct thread *self, uint64_t addr, size_t size, int advice)
{
	return mm_advise(self->mm, addr, size, advice);
}

static uint64_t lock_limit(struct thread *self)
{
	if (cred_has_cap(self, CAP_IPC_LOCK))
		return UINT64_MAX;
	return READ_ONCE(self->process->rlimits[RLIMIT_MEMLOCK].cur);
}

/* mlock(2).  Sleeps.  EINVAL ENOMEM */
long sys_mlock(struct thread *self, uint64_t addr, size_t size)
{
	return mm_lock_range(self->mm, addr, size, MM_LOCK, lock_limit(self));
}

/* mlock2(2).  Sleeps.  EINVAL ENOMEM */
long sys_mlock2(struct thread *self, uint64_t addr, size_t size, int flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return mm_lock_range(self->mm, addr, size,
	                     flags ? MM_LOCK_ONFAULT : MM_LOCK,
	                     lock_limit(self));
}

/* munlock(2).  Sleeps.  EINVAL ENOMEM */
long sys_munlock(struct thread *self, uint64_t addr, size_t size)
{
	return mm_lock_range(self->mm, addr, size, MM_UNLOCK, 0);
}

/* mlockall(2).  Sleeps.  EINVAL ENOMEM */
long sys_mlockall(struct thread *self, int flags)
{
	if (!flags || flags == MCL_ONFAULT ||
	    (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)))
		return -EINVAL;
	return mm_lock_all(self->mm, flags, lock_limit(self));
}

/* munlockall(2). */
long sys_munlockall(struct thread *self)
{
	return mm_lock_all(self->mm, 0, 0);
}
