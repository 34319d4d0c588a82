/*
 * telemetry/listener: a listening TCP socket from an address written by a person.
 * May include: base.
 */
#ifndef SLUICE_TELEMETRY_LISTENER_H
#define SLUICE_TELEMETRY_LISTENER_H

#include "base/err.h"

/* Opens a non-blocking listening socket on "host:port" or ":port" (both IP versions). Errors as
 * health_create(). The caller closes *ret_fd. */
int listener_open(const char *address, int *ret_fd, struct err *err)
	__attribute__((warn_unused_result));

/* The port that fd listens on. */
int listener_port(int fd);

#endif
