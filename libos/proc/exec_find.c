/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec_find.c - from a path to the ELF files to be mapped, through scripts.
 */
#include "base/errno.h"
#include "base/string.h"
#include "libos/fs/file.h"
#include "libos/mm/kheap.h"
#include "libos/proc/exec_internal.h"

/* Read exactly @size bytes; fewer there: -ENOEXEC. */
static int read_exactly(struct file *f, void *dst, size_t size, uint64_t off)
{
	long n = file_read_kernel(f, dst, size, (int64_t)off);

	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -ENOEXEC;
}

static int load_phdrs(struct exec_image *im)
{
	uint8_t *phdrs = kmalloc(im->elf.phdrs_size);
	int ret;

	if (!phdrs)
		return -ENOMEM;
	ret = read_exactly(im->file, phdrs, im->elf.phdrs_size,
	                   im->elf.phdrs_offset);
	if (ret == 0)
		ret = elf_parse_phdrs(cspan_make(phdrs, im->elf.phdrs_size),
		                      &im->elf);
	kfree(phdrs);
	return ret;
}

static int parse_image(struct exec_image *im, struct cspan head)
{
	int ret = elf_parse_header(head, &im->elf);

	return ret < 0 ? ret : load_phdrs(im);
}

/* --- the ELF interpreter --- */

static int open_interp(struct exec *x, struct walk *cwd)
{
	const struct elf_image *elf = &x->program.elf;
	char path[ELF_INTERP_MAX + 1];
	int ret;

	ret = read_exactly(x->program.file, path, elf->interp_size,
	                   elf->interp_offset);
	if (ret < 0)
		return ret;
	if (path[elf->interp_size - 1] != '\0')
		return -ENOEXEC;
	return path_open_exec(cwd, path, LOOKUP_FOLLOW, &x->interp.file);
}

static int load_interp(struct exec *x, struct walk *cwd)
{
	uint8_t head[ELF_HEADER_SIZE];
	int ret;

	if (!x->program.elf.interp_size)
		return 0;
	ret = open_interp(x, cwd);
	if (ret < 0)
		return ret;
	x->has_interp = true;
	ret = read_exactly(x->interp.file, head, sizeof(head), 0);
	if (ret == 0)
		ret = parse_image(&x->interp, CSPAN_OF(head));
	return ret == -ENOEXEC ? -ELIBBAD : ret;
}

/* --- scripts --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "#! interpreter [one argument]", in place. */
struct script {
	char *interp;
	char *arg; /* NULL: none */
};

/* The line without blanks at its ends; NULL: its first word is cut off. */
static char *script_line(struct exec *x)
{
	char *line = x->head + 2, *end;

	while (is_blank(*line))
		line++;
	end = strchr(line, '\n');
	if (!end) {
		end = x->head + x->head_size;
		if (x->head_size == EXEC_HEAD_SIZE - 1 && !strchr(line, ' ') &&
		    !strchr(line, '\t'))
			return NULL;
	}
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	return line;
}

static int script_parse(struct exec *x, struct script *ret)
{
	char *p = script_line(x);

	if (!p || !*p)
		return -ENOEXEC;
	ret->interp = p;
	ret->arg = NULL;
	while (*p && !is_blank(*p))
		p++;
	if (!*p)
		return 0;
	*p++ = '\0';
	while (is_blank(*p))
		p++;
	if (*p)
		ret->arg = p;
	return 0;
}

/* The interpreter's arguments: itself, its argument, the script. */
static int script_args(struct exec *x, const struct script *s, const char *path)
{
	const char *argv[3];
	uint32_t n = 0;

	argv[n++] = s->interp;
	if (s->arg)
		argv[n++] = s->arg;
	argv[n++] = path;
	return exec_args_replace_first(x->args, argv, n);
}

/*
 * The file is a script: what it names takes its place.  @path is that of the
 * script, in x->name at first, then in the arguments themselves.
 */
static int follow_script(struct exec *x, struct walk *cwd, char *path)
{
	struct script s;
	int ret;

	ret = script_parse(x, &s);
	if (ret == 0)
		ret = script_args(x, &s, path);
	if (ret < 0)
		return ret;
	ret = str_copy(path, EXEC_NAME_MAX, s.interp);
	if (ret < 0)
		return ret;
	file_put(x->program.file);
	x->program.file = NULL;
	return path_open_exec(cwd, path, LOOKUP_FOLLOW, &x->program.file);
}

static int read_head(struct exec *x)
{
	long n = file_read_kernel(x->program.file, x->head, EXEC_HEAD_SIZE - 1,
	                          0);

	if (n < 0)
		return (int)n;
	x->head_size = (size_t)n;
	x->head[n] = '\0';
	return 0;
}

/* Follow scripts until there is a program. */
static int resolve_scripts(struct exec *x, struct walk *cwd)
{
	char *path = kmalloc(EXEC_NAME_MAX);
	int depth, ret;

	if (!path)
		return -ENOMEM;
	memcpy(path, x->name, EXEC_NAME_MAX);
	for (depth = 0;; depth++) {
		ret = read_head(x);
		if (ret < 0 || x->head[0] != '#' || x->head[1] != '!')
			break;
		ret = depth < EXEC_INTERP_DEPTH ? follow_script(x, cwd, path)
		                                : -ELOOP;
		if (ret < 0)
			break;
	}
	kfree(path);
	return ret;
}

static int load_program(struct exec *x, struct walk *cwd)
{
	int ret;

	ret = resolve_scripts(x, cwd);
	if (ret < 0)
		return ret;
	ret = parse_image(&x->program, cspan_make(x->head, x->head_size));
	if (ret < 0)
		return ret;
	return load_interp(x, cwd);
}

int exec_find(struct exec *x, struct walk *start, struct walk *cwd,
              const char *path, uint32_t flags)
{
	int ret;

	ret = path_open_exec(start, path, flags, &x->program.file);
	return ret < 0 ? ret : load_program(x, cwd);
}

int exec_find_file(struct exec *x, struct walk *cwd, struct file *file)
{
	int ret;

	ret = file_open_exec(file, cwd->cred, &x->program.file);
	return ret < 0 ? ret : load_program(x, cwd);
}
