/*
 * telemetry/health: the small HTTP server for probes and for Prometheus.
 *
 *	GET /healthz          200 while the loop turns
 *	GET /readyz           200 when every check passes, 503 and the list when one does not
 *	GET /readyz?verbose   the list of checks in any case
 *	GET /readyz/NAME      one check
 *	GET /metrics          the text exposition
 *
 * libmicrohttpd runs on the process's loop by its epoll descriptor: no thread, and a request is served
 * between two of our callbacks. Everything is bounded: connections, connections of one address,
 * memory of a connection, time. HTTP without TLS: it shows no secret, and who may reach it is the
 * NetworkPolicy's business. Leadership is no readiness check: a standby is ready to take over.
 *
 * May include: base, net/loop.h, telemetry/metrics.h (the .c file: uv, microhttpd).
 */
#ifndef SLUICE_TELEMETRY_HEALTH_H
#define SLUICE_TELEMETRY_HEALTH_H

#include <stdbool.h>

#include "base/err.h"
#include "net/loop.h"
#include "telemetry/metrics.h"

struct health;

/* Is it well? If not, err gets a sentence that says why. Called for each probe: it must be quick. */
typedef bool (*health_check_fn)(void *user, struct err *err);

/* Listens on address: "host:port", ":port" for all addresses (IPv6 and IPv4; IPv4 alone where the
 * kernel has no IPv6), "[::1]:port". host is an IP address; port 0 takes a free one. metrics may be
 * NULL: then there is no /metrics. ERR_INPUT when the address is none, ERR_BUSY when it is taken,
 * ERR_NET when the kernel refuses otherwise. */
int health_create(struct loop *loop, const char *address, struct metrics *metrics,
		  struct health **ret_health, struct err *err) __attribute__((warn_unused_result));

/* Adds a readiness check; name is a constant word of lower-case letters, digits and '-'. At most 16. */
void health_add_check(struct health *health, const char *name, health_check_fn fn, void *user);

/* The port that is listened on. */
int health_port(const struct health *health);

/* Closes all connections and stops listening; what is left is freed by the loop. NULL is fine. */
void health_destroy(struct health *health);

#endif
