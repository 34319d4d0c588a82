/*
 * registry/hosts: what all requests to registries share, and what is known of each host.
 *
 * A host has HOSTS_SLOTS requests at a time; further calls wait in a queue, first come first served. A
 * host that asked to be left alone (429, or 503 with Retry-After) gets nothing until then, from
 * nobody. Plain HTTP goes only to hosts that the admin named.
 *
 * May include: base, net, registry. Deliberately absent: what is asked (call), what is remembered of
 * answers (observed).
 */
#ifndef SLUICE_REGISTRY_HOSTS_H
#define SLUICE_REGISTRY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "net/http.h"
#include "registry/origin.h"

#define HOSTS_SLOTS 4

struct bearer;
struct call;

struct hosts {
	struct http *http;
	struct vec insecure_hosts; /* char *, owned, lower case */
	struct vec realm_hosts;    /* the same */
	struct vec mirrors;        /* struct mirror *, owned: registry/mirror.h */
	struct vec cas;            /* struct host_ca *, owned */
	char *ca_pem;              /* for all other hosts; NULL: the system's CAs */
	char *user_agent;          /* the whole header line */
	int64_t timeout_ms;        /* of one request */
	int64_t (*monotonic_ms)(void);
	struct map by_authority;                    /* authority → struct host */
	uint64_t requests;                          /* begun */
	void (*on_request)(void *user, int status); /* NULL: nobody counts */
	void *user;
};

struct host {
	struct origin origin;
	unsigned active;            /* requests that run */
	unsigned pins;              /* frames on the stack that hold a pointer to it */
	struct call *first_waiting; /* the queue; linked inside struct call */
	struct call *last_waiting;
	int64_t blocked_until_ms;   /* monotonic; 0: not blocked */
	int throttles;              /* 429s in a row without a time of their own */
	int64_t rests_until_ms;     /* monotonic; as a mirror it failed and is passed over until then */
	int failures;               /* as a mirror, in a row */
	bool wants_bearer;          /* its last challenge was Bearer: do not offer a password */
	struct bearer *tokens;      /* newest first */
};

struct registry_options;

struct host_ca {
	char authority[REFERENCE_HOST_SIZE];
	char *pem;
};

/* Starts empty, as options say; the lists are copied and checked: ERR_INPUT names a host that is none,
 * ERR_NOMEM. On an error nothing has to be finished. */
int hosts_init(struct hosts *hosts, struct http *http, const struct registry_options *options,
	       struct err *err) __attribute__((warn_unused_result));

/* A request has ended; status 0: without an answer. Tells whoever counts. */
void hosts_count(const struct hosts *hosts, int status);

/* Frees everything. No call may be left. A zeroed one is fine. */
void hosts_finish(struct hosts *hosts);

/* The host at authority, made when it is not there yet. Hosts that nobody uses are forgotten when they
 * become many. */
struct host *hosts_find(struct hosts *hosts, const char *authority);

/* May we speak plain HTTP to this host? */
bool hosts_allows_plain(const struct hosts *hosts, const char *authority);

/* May a token server at this host have a private address? */
bool hosts_trusts_realm(const struct hosts *hosts, const char *authority);

/* As registry_set_authorities(). */
bool hosts_set_authorities(struct hosts *hosts, const struct registry_options *options);

/* The CAs that host is verified with; NULL: the system's. */
const char *hosts_ca_pem(const struct hosts *hosts, const char *authority);

/* Milliseconds for which host is to be left alone; 0: it may be asked. */
int64_t hosts_blocked_ms(const struct hosts *hosts, const struct host *host);

/* host answered 429 or the like: leave it alone for retry_after_ms, or, when that is 0, for a time
 * that doubles with each such answer. Returns the time. */
int64_t hosts_block(struct hosts *hosts, struct host *host, int64_t retry_after_ms);

#endif
