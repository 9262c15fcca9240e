/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_map.c - filling the address space of a new program.
 */
#include "base/errno.h"
#include "base/string.h"
#include "base/units.h"
#include "libos/cpu/cpuid.h"
#include "libos/cpu/random.h"
#include "libos/fs/file.h"
#include "libos/mm/object.h"
#include "libos/mm/usercopy.h"
#include "libos/proc/exec_internal.h"
#include "libos/signal/frame.h"

#define STACK_MIN (128 * KIB)
#define STACK_MAX (256 * MIB) /* what "unlimited" means */
/* An overflow must not reach what lies below: Linux's stack_guard_gap. */
#define STACK_GUARD MIB

static const struct exec_ops no_ops;
const struct exec_ops *exec_ops = &no_ops;

void exec_set_ops(const struct exec_ops *ops)
{
	exec_ops = ops;
}

/* --- segments --- */

static int map_file_part(struct mm *mm, const struct elf_segment *s,
                         uint64_t bias, struct vm_object *obj)
{
	uint64_t in_page = s->vaddr % PAGE_SIZE, addr;
	struct mm_map req = {
		.addr = s->vaddr - in_page + bias,
		.size = s->filesz + in_page,
		.prot = s->prot,
		.flags = MAP_PRIVATE | MAP_FIXED,
		.object = obj,
		.offset = s->offset - in_page,
	};

	return s->filesz ? mm_map(mm, &req, &addr) : 0;
}

/* Whole pages of zeros behind the file's part. */
static int map_zero_part(struct mm *mm, const struct elf_segment *s,
                         uint64_t bias)
{
	uint64_t end = ALIGN_UP(s->vaddr + s->memsz, PAGE_SIZE);
	uint64_t start = s->filesz ? ALIGN_UP(s->vaddr + s->filesz, PAGE_SIZE)
	                           : ALIGN_DOWN(s->vaddr, PAGE_SIZE);
	struct mm_map req = {
		.addr = start + bias,
		.size = end - start,
		.prot = s->prot,
		.flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS,
	};
	uint64_t addr;

	return start < end ? mm_map(mm, &req, &addr) : 0;
}

/* In the last page of the file's part, zeros begin in its midst. */
static void note_clear(struct exec *x, const struct elf_segment *s,
                       uint64_t bias)
{
	uint64_t start = s->vaddr + s->filesz;
	size_t size = ALIGN_UP(start, PAGE_SIZE) - start;

	if (!size || !s->filesz || s->memsz == s->filesz ||
	    !(s->prot & ELF_WRITE))
		return;
	x->clears[x->nclears++] = (struct exec_clear){
		.addr = start + bias,
		.size = size,
	};
}

static int map_segments(struct exec *x, struct exec_image *im,
                        struct vm_object *obj)
{
	const struct elf_segment *s;
	int ret = 0;

	for (s = im->elf.segments;
	     ret == 0 && s < im->elf.segments + im->elf.nsegments; s++) {
		ret = map_file_part(x->mm, s, im->bias, obj);
		if (ret == 0)
			ret = map_zero_part(x->mm, s, im->bias);
		note_clear(x, s, im->bias);
	}
	return ret;
}

static int map_image(struct exec *x, struct exec_image *im)
{
	const struct elf_image *elf = &im->elf;
	struct vm_object *obj;
	uint64_t addr;
	int ret;

	ret = im->file->ops->mmap(im->file, &obj);
	if (ret < 0)
		return ret == -ENODEV ? -ENOEXEC : ret;
	ret = mm_reserve_image(x->mm, elf->is_dyn ? 0 : elf->lowest,
	                       elf->end - elf->lowest, elf->align, obj, &addr);
	if (ret == 0) {
		im->bias = addr - elf->lowest;
		ret = map_segments(x, im, obj);
		mm_seal_image(x->mm, addr, elf->end - elf->lowest);
	}
	vm_object_put(obj);
	return ret;
}

/* What /proc/PID/stat shows as startcode to enddata. */
static void note_extent(struct exec *x)
{
	const struct exec_image *im = &x->program;
	const struct elf_segment *s;
	struct mm *mm = x->mm;

	for (s = im->elf.segments; s < im->elf.segments + im->elf.nsegments;
	     s++) {
		uint64_t start = s->vaddr + im->bias;

		if ((s->prot & ELF_EXEC) && !mm->code_end) {
			mm->code_start = start;
			mm->code_end = start + s->filesz;
		}
		mm->data_start = start;
		mm->data_end = start + s->filesz;
	}
}

/* --- stack and heap --- */

static int map_stack(struct exec *x, uint64_t *ret_limit, uint64_t *ret_top)
{
	uint64_t wish = MIN(x->rlimits[RLIMIT_STACK], (uint64_t)STACK_MAX);
	uint64_t size = ALIGN_UP(MAX(wish, (uint64_t)STACK_MIN), PAGE_SIZE);
	struct mm_map req = {
		.size = size + STACK_GUARD,
		.prot = PROT_READ | PROT_WRITE,
		.flags =
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		.vma_flags = VMA_STACK,
	};
	uint64_t addr;
	int ret;

	if (x->program.elf.stack_exec)
		req.prot |= PROT_EXEC;
	ret = mm_map(x->mm, &req, &addr);
	if (ret == 0)
		ret = mm_protect(x->mm, addr, STACK_GUARD, PROT_NONE);
	if (ret < 0)
		return ret;
	*ret_limit = addr + STACK_GUARD;
	*ret_top = *ret_limit + size;
	x->mm->stack_start = *ret_limit;
	x->mm->stack_end = *ret_top;
	return 0;
}

static int write_to_mm(void *ctx, uint64_t addr, const void *src, size_t size)
{
	return copy_to_mm(ctx, addr, src, size);
}

static void fill_stack_info(struct exec *x, struct stack_info *info)
{
	const struct exec_image *im = &x->program;
	struct cpuid_regs leaf1;

	cpuid_lookup(1, 0, &leaf1);
	info->args = x->args;
	info->execfn = x->name;
	info->phdr = im->elf.phdrs_vaddr ? im->elf.phdrs_vaddr + im->bias : 0;
	info->nphdrs = im->elf.nphdrs;
	info->entry = im->elf.entry + im->bias;
	info->base = x->has_interp ? x->interp.bias : 0;
	info->uid = x->cred.uid;
	info->euid = x->cred.euid;
	info->gid = x->cred.gid;
	info->egid = x->cred.egid;
	info->hwcap = leaf1.edx;
	info->minsigstksz = sigframe_stack_min();
}

static int build_stack(struct exec *x)
{
	struct stack_info info = { 0 };
	struct mm *mm = x->mm;
	int ret;

	fill_stack_info(x, &info);
	ret = map_stack(x, &info.limit, &info.top);
	if (ret == 0)
		ret = random_bytes(info.random, sizeof(info.random));
	if (ret < 0)
		return ret;
	if (exec_ops->map_vdso)
		info.vdso = exec_ops->map_vdso(mm);
	ret = stack_build(&info, write_to_mm, mm, &x->stack);
	if (ret < 0)
		return ret;
	mm->arg_start = x->stack.arg_start;
	mm->arg_end = x->stack.arg_end;
	mm->env_start = x->stack.env_start;
	mm->env_end = x->stack.env_end;
	memcpy(mm->auxv, x->stack.auxv, sizeof(x->stack.auxv));
	return 0;
}

static void set_limits(struct exec *x)
{
	struct mm *mm = x->mm;

	mm->limit_as = x->rlimits[RLIMIT_AS];
	mm->limit_data = x->rlimits[RLIMIT_DATA];
	mm->limit_stack = x->rlimits[RLIMIT_STACK];
}

int exec_build(struct exec *x)
{
	const struct exec_image *im = &x->program;
	int ret;

	ret = mm_create(&x->mm);
	if (ret < 0)
		return ret;
	set_limits(x);
	ret = map_image(x, &x->program);
	if (ret == 0 && x->has_interp)
		ret = map_image(x, &x->interp);
	if (ret == 0)
		ret = mm_brk_init(x->mm, im->elf.end + im->bias,
		                  proc_config.heap_size);
	if (ret == 0)
		ret = build_stack(x);
	if (ret < 0)
		return ret;
	note_extent(x);
	im = x->has_interp ? &x->interp : &x->program;
	x->entry = im->elf.entry + im->bias;
	return 0;
}

/* What a copy failed for it does not tell; bringing the page in does. */
static int cause_of(int failure, struct mm *mm, uint64_t addr, uint64_t size)
{
	int cause = mm_populate(mm, addr, size);

	return cause < 0 ? cause : failure;
}

int exec_settle(const struct exec *x, struct mm *mm)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < x->nclears; i++) {
		uint64_t addr = x->clears[i].addr;
		size_t size = x->clears[i].size;

		ret = clear_mm(mm, addr, size);
		if (ret < 0)
			ret = cause_of(ret, mm, addr, size);
	}
	return ret;
}
