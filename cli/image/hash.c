/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.c - digests and body of the root, and the index as bytes.
 *
 * Files are laid out in the order of the index while they are read, so a file
 * whose size changes meanwhile changes the layout of what follows, never the
 * truth of a digest.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/units.h"
#include "cli/image/root.h"
#include "cli/instance/file.h"
#include "cli/scope.h"
#include "crypto/sha256.h"

#include "base/banned.h"

static int write_at(int fd, struct cspan bytes, uint64_t off,
                    struct cli_error *err)
{
	ssize_t n;

	while (bytes.size) {
		n = pwrite(fd, bytes.data, bytes.size, (off_t)off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_fail_errno(err, "cannot write",
			                      "the body of the root");
		bytes = cspan_make(bytes.data + n, bytes.size - (size_t)n);
		off += (uint64_t)n;
	}
	return 0;
}

/* Fill @chunk, short only at the end of the file. */
static ssize_t read_chunk(int fd, uint8_t *chunk)
{
	size_t have = 0;
	ssize_t n;

	while (have < ROOTIDX_CHUNK) {
		n = read(fd, chunk + have, ROOTIDX_CHUNK - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return n;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int hash_contents(struct root_entry *entry, int fd, int body_fd,
                         const char *name, struct cli_error *err)
{
	scope_free uint8_t *chunk = mem_alloc(1, ROOTIDX_CHUNK);
	uint8_t digest[SHA256_SIZE];
	ssize_t n;
	int ret;

	entry->size = 0;
	while ((n = read_chunk(fd, chunk)) > 0) {
		sha256_halves(chunk, (size_t)n, digest);
		bytes_add(&entry->digest, digest, sizeof(digest));
		if (body_fd >= 0) {
			ret = write_at(body_fd, cspan_make(chunk, (size_t)n),
			               entry->body_offset + entry->size, err);
			if (ret < 0)
				return ret;
		}
		entry->size += (uint64_t)n;
	}
	return n < 0 ? cli_fail_errno(err, "cannot read", name) : 0;
}

static bool is_elf(struct cspan file)
{
	return file.size >= sizeof(Elf64_Ehdr) &&
	       !memcmp(file.data, ELFMAG, SELFMAG);
}

/* The site table lies in the body behind its file. */
static int make_sites(struct root *root, struct root_entry *entry,
                      const char *name, int body_fd, struct cli_error *err)
{
	struct bytes file = { 0 };
	int ret = file_read(name, &file, err);

	if (ret == 0 && is_elf(cspan_make(file.data, file.size)))
		ret = root->sites(entry->path, cspan_make(file.data, file.size),
		                  &entry->sites, err);
	bytes_fini(&file);
	if (ret < 0 || !entry->sites.size)
		return ret;

	entry->sites_offset = ALIGN_UP(root->body_size, PAGE_SIZE);
	root->body_size = entry->sites_offset + entry->sites.size;
	if (body_fd < 0)
		return 0;
	return write_at(body_fd,
	                cspan_make(entry->sites.data, entry->sites.size),
	                entry->sites_offset, err);
}

static int hash_file(struct root *root, struct root_entry *entry, int body_fd,
                     struct cli_error *err)
{
	scope_free char *name = mem_format("%s%s", root->folder, entry->path);
	scope_fd int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return cli_fail_errno(err, "cannot open", name);
	entry->body_offset = ALIGN_UP(root->body_size, PAGE_SIZE);
	ret = hash_contents(entry, fd, body_fd, name, err);
	if (ret < 0)
		return ret;
	if (!entry->size) {
		entry->body_offset = 0;
		return 0;
	}
	root->body_size = entry->body_offset + entry->size;
	return root->sites ? make_sites(root, entry, name, body_fd, err) : 0;
}

int root_hash(struct root *root, int body_fd, struct cli_error *err)
{
	int ret;

	root->body_size = 0;
	for (size_t i = 0; i < root->n_entries; i++) {
		struct root_entry *entry = &root->entry[i];

		bytes_fini(&entry->digest);
		bytes_fini(&entry->sites);
		if (!S_ISREG(entry->mode) || entry->hardlink)
			continue;
		ret = hash_file(root, entry, body_fd, err);
		if (ret < 0)
			return ret;
	}
	root->body_size = ALIGN_UP(root->body_size, PAGE_SIZE);
	if (body_fd >= 0 && ftruncate(body_fd, (off_t)root->body_size) < 0)
		return cli_fail_errno(err, "cannot write",
		                      "the body of the root");
	return 0;
}

static void add_index_entry(const struct root_entry *entry, struct bytes *index)
{
	size_t target_size = entry->target ? strlen(entry->target) : 0;
	struct rootidx_entry e = {
		.size = entry->size,
		.body_offset = entry->body_offset,
		.sites_offset = entry->sites_offset,
		.sites_size = (uint32_t)entry->sites.size,
		.mode = entry->mode,
		.n_chunks = (uint32_t)(entry->digest.size / SHA256_SIZE),
		.hardlink = (uint32_t)entry->hardlink,
		.path_size = (uint16_t)strlen(entry->path),
		.target_size = (uint16_t)target_size,
		.mtime = entry->mtime,
	};

	if (entry->sites.size)
		sha256_halves(entry->sites.data, entry->sites.size,
		              e.sites_digest);
	bytes_add(index, &e, sizeof(e));
	bytes_add(index, entry->path, e.path_size);
	if (target_size)
		bytes_add(index, entry->target, target_size);
	bytes_add(index, entry->digest.data, entry->digest.size);
}

void root_index(const struct root *root, struct bytes *ret_index)
{
	struct rootidx_header h = {
		.magic = ROOTIDX_MAGIC,
		.version = ROOTIDX_VERSION,
		.n_entries = (uint32_t)root->n_entries,
		.body_size = root->body_size,
	};
	size_t start = ret_index->size;

	bytes_add(ret_index, &h, sizeof(h));
	for (size_t i = 0; i < root->n_entries; i++)
		add_index_entry(&root->entry[i], ret_index);
	h.index_size = ret_index->size - start;
	memcpy(ret_index->data + start, &h, sizeof(h));
}
