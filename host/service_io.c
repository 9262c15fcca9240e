/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_io.c - the calls on host descriptors: checks here, work in
 * descriptor.c.
 */
#include <errno.h>

#include "host/service.h"

#include "base/banned.h"

long service_read(struct vcpu *v, union hc_args *args)
{
	const struct hc_io *io = &args->io;
	void *buf = service_buffer(v, io->buf, io->size);

	if (!buf)
		return -EIO;
	return descriptor_read(&v->rt->descriptors, io->fd, buf, io->size);
}

long service_write(struct vcpu *v, union hc_args *args)
{
	const struct hc_io *io = &args->io;
	const void *buf = service_buffer(v, io->buf, io->size);

	if (!buf)
		return -EIO;
	return descriptor_write(&v->rt->descriptors, io->fd, buf, io->size);
}

long service_poll(struct vcpu *v, union hc_args *args)
{
	return descriptor_poll(&v->rt->descriptors, args->poll.fd,
	                       args->poll.events);
}

long service_seek(struct vcpu *v, union hc_args *args)
{
	return descriptor_seek(&v->rt->descriptors, args->seek.fd,
	                       args->seek.offset, args->seek.whence);
}

long service_fdinfo(struct vcpu *v, union hc_args *args)
{
	return descriptor_info(&v->rt->descriptors, &args->fdinfo);
}

long service_close(struct vcpu *v, union hc_args *args)
{
	return descriptor_close(&v->rt->descriptors, args->fd.fd);
}
