/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Synthetic trees: a small /proc with names that come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/errno.h"
#include "libos/fs/fs.h"
#include "libos/fs/namei.h"
#include "libos/fs/synth.h"
#include "libos/mm/kheap.h"
#include "rig.h"

static int counter;
static char stored[32];
static bool has_seven = true;

static int show_counter(uint64_t key, struct synth_text *t)
{
	(void)key;
	/* What shows a process may take the process's locks. */
	fake_expect_below(RANK_PROC_TREE);
	synth_print(t, "%d\n", ++counter);
	return 0;
}

static int show_long(uint64_t key, struct synth_text *t)
{
	(void)key;
	for (int i = 0; i < 1000; i++)
		synth_print(t, "line %d\n", i);
	return 0;
}

static int show_key(uint64_t key, struct synth_text *t)
{
	synth_print(t, "key %lu", (unsigned long)key);
	return 0;
}

static int show_gone(uint64_t key, struct synth_text *t)
{
	(void)key;
	(void)t;
	return -ESRCH;
}

static int store(uint64_t key, const char *data, size_t size)
{
	(void)key;
	if (size >= sizeof(stored))
		return -EINVAL;
	memcpy(stored, data, size + 1);
	return 0;
}

static int link_first(uint64_t key, struct link_target *ret)
{
	(void)key;
	*ret = (struct link_target){ .text = "5" };
	return 0;
}

static int jump_to_fd(uint64_t key, struct link_target *ret)
{
	struct file *f = fd_get_any(T->files, (int)key);
	struct path p;
	int err;

	if (!f)
		return -ENOENT;
	err = file_place(f, &p);
	file_put(f);
	if (err == 0)
		*ret = (struct link_target){ .is_jump = true,
			                     .jump_dentry = p.dentry,
			                     .jump_mnt = p.mnt };
	return err;
}

static void owner(uint64_t key, uint32_t *ret_uid, uint32_t *ret_gid)
{
	fake_expect_below(RANK_PROC_TREE);
	*ret_uid = (uint32_t)key;
	*ret_gid = (uint32_t)key;
}

static const struct synth_entry of_process[] = {
	{ .name = "key",
	  .mode = S_IFREG | 0400,
	  .show = show_key,
	  .owner = owner },
	{ .name = "gone", .mode = S_IFREG | 0444, .show = show_gone },
	{ .name = "jump", .mode = S_IFLNK | 0777, .readlink = jump_to_fd },
};

static const struct synth_entry process = {
	.mode = S_IFDIR | 0555,
	.entries = of_process,
	.nentries = ARRAY_SIZE(of_process),
	.owner = owner,
};

static int find_process(uint64_t key, const struct name *name,
                        struct synth_found *ret)
{
	(void)key;
	fake_expect_below(RANK_PROC_TREE);
	if (name->size != 1 ||
	    (name->text[0] != '5' && !(name->text[0] == '7' && has_seven)))
		return -ENOENT;
	*ret = (struct synth_found){ .entry = &process,
		                     .key = (uint64_t)(name->text[0] - '0') };
	return 0;
}

static int next_process(uint64_t key, uint64_t *pos, char name[NAME_MAX + 1],
                        struct synth_found *ret)
{
	(void)key;
	fake_expect_below(RANK_PROC_TREE);
	if (*pos >= 2)
		return -ENOENT;
	memcpy(name, *pos ? "7" : "5", 2);
	++*pos;
	ret->entry = &process;
	return 0;
}

static const struct synth_dir_ops processes = { .lookup = find_process,
	                                        .next = next_process };

static const struct synth_entry in_sys[] = {
	{ .name = "value",
	  .mode = S_IFREG | 0644,
	  .show = show_counter,
	  .store = store },
};

static const struct synth_entry in_root[] = {
	{ .name = "counter", .mode = S_IFREG | 0444, .show = show_counter },
	{ .name = "long", .mode = S_IFREG | 0444, .show = show_long },
	{ .name = "self", .mode = S_IFLNK | 0777, .readlink = link_first },
	{ .name = "sys",
	  .mode = S_IFDIR | 0555,
	  .entries = in_sys,
	  .nentries = ARRAY_SIZE(in_sys) },
};

static const struct synth_entry root_entry = {
	.mode = S_IFDIR | 0555,
	.entries = in_root,
	.nentries = ARRAY_SIZE(in_root),
	.dir = &processes,
};

static int setup(void **state)
{
	struct dentry *root;

	(void)state;
	counter = 0;
	assert_int_equal(fs_init(), 0);
	assert_int_equal(
		synth_create("proc", PROC_SUPER_MAGIC, &root_entry, &root), 0);
	assert_int_equal(rig_up_root(root), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rig_down();
	assert_int_equal(fake_live_allocs(), 0);
	return 0;
}

static void test_texts(void **state)
{
	static char buf[16000];
	long fd;

	(void)state;
	assert_string_equal(rig_cat("/counter"), "1\n");
	assert_string_equal(rig_cat("/counter"), "2\n");
	fd = sys_open(T, "/counter", O_RDONLY, 0);
	assert_int_equal(sys_read(T, (int)fd, buf, 1), 1);
	assert_int_equal(sys_read(T, (int)fd, buf + 1, 9), 1);
	assert_memory_equal(buf, "3\n", 2); /* one text for both reads */
	assert_int_equal(sys_read(T, (int)fd, buf, 9), 0);
	assert_int_equal(sys_pread64(T, (int)fd, buf, 9, 0), 2);
	assert_memory_equal(buf, "4\n", 2); /* from the start: made anew */
	assert_int_equal(sys_open(T, "/counter", O_RDWR, 0), -EACCES);
	fd = sys_open(T, "/long", O_RDONLY, 0);
	assert_int_equal(sys_read(T, (int)fd, buf, sizeof(buf)), 8890);
	assert_memory_equal(buf + 8881, "line 999", 8);
}

static void test_store(void **state)
{
	long fd = sys_open(T, "/sys/value", O_WRONLY | O_TRUNC, 0);

	(void)state;
	assert_int_equal(sys_write(T, (int)fd, "on\n", 3), 3);
	assert_string_equal(stored, "on\n");
	assert_int_equal(sys_write(T, (int)fd, (char[64]){ 0 }, 64), -EINVAL);
	assert_int_equal(sys_write(T, (int)fd, (char *)BAD_ADDR, 3), -EFAULT);
	assert_int_equal(sys_mkdir(T, "/sys/x", 0755), -EPERM);
	assert_int_equal(sys_unlink(T, "/sys/value"), -EPERM);
	assert_int_equal(sys_rename(T, "/sys/value", "/sys/v"), -EPERM);
	assert_int_equal(sys_open(T, "/new", O_CREAT | O_RDWR, 0644), -ENOENT);
	assert_int_equal(sys_mkdir(T, "/new", 0755), -ENOENT);
	assert_int_equal(sys_mkdir(T, "/5", 0755), -EEXIST);
	assert_int_equal(sys_unlink(T, "/5/key"), -EPERM);
	assert_int_equal(sys_rename(T, "/5/key", "/sys/k"), -EPERM);
}

static void test_dynamic_names(void **state)
{
	uint8_t st[144];
	uint64_t ino, again;

	(void)state;
	assert_string_equal(rig_ls("/"), "5 7 counter long self sys");
	assert_string_equal(rig_cat("/7/key"), "key 7");
	assert_string_equal(rig_cat("/self/key"), "key 5");
	assert_string_equal(rig_cat("/5/gone"), "<-3>");
	assert_int_equal(sys_stat(T, "/7", st), 0);
	memcpy(&ino, st + 8, 8);
	assert_int_equal(sys_stat(T, "/7", st), 0);
	memcpy(&again, st + 8, 8);
	assert_int_equal(ino, again);
	rig_become(5, 5);
	assert_string_equal(rig_cat("/5/key"), "key 5");
	assert_string_equal(rig_cat("/7/key"), "<-13>");
	rig_become(0, 0);
	/* A working directory outlives its name, and the name is not reused. */
	assert_int_equal(sys_chdir(T, "/7"), 0);
	has_seven = false;
	assert_int_equal(sys_stat(T, "/7", st), -ENOENT);
	has_seven = true;
	assert_int_equal(sys_chdir(T, "/"), 0);
}

static struct inode *reopened;

static int open_fifo(struct inode *inode, struct file *f)
{
	(void)f;
	reopened = inode;
	return -ENXIO;
}

static void test_jumps(void **state)
{
	static const struct file_ops ops = { FILE_OPS_DEFAULTS("pipe") };
	struct inode *inode = file_anon_inode(S_IFIFO | 0600);
	struct file *f;
	char buf[64];

	(void)state;
	fs_set_fifo_open(open_fifo);
	assert_int_equal(file_create(&(struct file_spec){ .ops = &ops,
	                                                  .inode = inode,
	                                                  .flags = O_RDWR },
	                             &f),
	                 0);
	inode_put(inode);
	assert_int_equal(f->ops->show(f, buf, sizeof(buf)) > 7, 1);
	assert_memory_equal(buf, "pipe:[", 6);
	/* Descriptor 5 is what /5/jump leads to. */
	assert_int_equal(fd_install_new(T->files, f, 0, 5), 5);
	assert_int_equal(sys_open(T, "/5/jump", O_RDWR, 0), -ENXIO);
	assert_ptr_equal(reopened, f->inode);
	assert_int_equal(sys_open(T, "/7/jump", O_RDWR, 0), -ENOENT);
	assert_int_equal(sys_openat2(T, AT_FDCWD, "/5/jump",
	                             &(struct open_how){
					     .resolve = RESOLVE_NO_MAGICLINKS },
	                             sizeof(struct open_how)),
	                 -ELOOP);
	assert_int_equal(sys_close(T, 5), 0);
	assert_int_equal(sys_open(T, "/sys/value", O_RDONLY, 0), 0);
	assert_int_equal(sys_dup2(T, 0, 5), 5);
	assert_int_equal(sys_open(T, "/5/jump", O_RDONLY, 0), 1);
	assert_int_equal(sys_readlink(T, "/5/jump", buf, sizeof(buf)), 10);
	assert_memory_equal(buf, "/sys/value", 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_texts),
		TEST(test_store),
		TEST(test_dynamic_names),
		TEST(test_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
