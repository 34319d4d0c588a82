#include "registry/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "registry/bearer.h"
#include "registry/mirror.h"
#include "registry/observed.h"
#include "registry/patience.h"

#define MANY_HOSTS 256
#define FIRST_BLOCK_MS 5000
#define LONGEST_BLOCK_MS 60000
#define DEFAULT_TIMEOUT_MS 60000

static void finish_list(struct vec *list)
{
	size_t i;

	for (i = 0; i < list->len; i++)
		free(list->items[i]);
	vec_finish(list);
}

/* Copies a NULL-terminated list of hosts. */
static int copy_list(struct vec *list, const char *const *hosts, struct err *err)
{
	for (; hosts != NULL && *hosts != NULL; hosts++) {
		char host[REFERENCE_HOST_SIZE];
		char *copy;

		if (!reference_read_host(*hosts, strlen(*hosts), host))
			return err_set(err, ERR_INPUT, "\"%.255s\" is not a host with an optional port",
				       *hosts);
		copy = strdup(host);
		if (copy == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a list of hosts");
		vec_push(list, copy);
	}
	return 0;
}

static bool list_has(const struct vec *list, const char *host)
{
	size_t i;

	for (i = 0; i < list->len; i++) {
		if (str_equal(list->items[i], host))
			return true;
	}
	return false;
}

/* Copies the CAs of single hosts. */
static int copy_cas(struct hosts *hosts, const struct registry_ca *cas, struct err *err)
{
	for (; cas != NULL && cas->host != NULL; cas++) {
		struct host_ca *ca = memory_alloc(sizeof(*ca));
		char host[REFERENCE_HOST_SIZE];

		vec_push(&hosts->cas, ca);
		if (!reference_read_host(cas->host, strlen(cas->host), host))
			return err_set(err, ERR_INPUT, "\"%.255s\" is not a host with an optional port",
				       cas->host);
		reference_place_host(host, ca->authority);
		ca->pem = memory_strdup(cas->pem);
	}
	return 0;
}

static void finish_cas(struct vec *cas)
{
	size_t i;

	for (i = 0; i < cas->len; i++)
		free(((struct host_ca *)cas->items[i])->pem);
	finish_list(cas);
}

int hosts_init(struct hosts *hosts, struct http *http, const struct registry_options *options,
	       struct err *err)
{
	const char *agent = options->user_agent == NULL ? "sluice/" SLUICE_VERSION : options->user_agent;
	int r;

	*hosts = (struct hosts){
		.http = http,
		.timeout_ms = options->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : options->timeout_ms,
		.monotonic_ms = options->monotonic_ms == NULL ? clock_monotonic_ms : options->monotonic_ms,
	};
	r = copy_list(&hosts->insecure_hosts, options->insecure_hosts, err);
	if (r == 0)
		r = copy_list(&hosts->realm_hosts, options->realm_hosts, err);
	if (r == 0)
		r = mirrors_read(hosts, options->mirrors, err);
	if (r == 0)
		r = copy_cas(hosts, options->cas, err);
	if (r == 0 && asprintf(&hosts->user_agent, "User-Agent: %s", agent) < 0) {
		hosts->user_agent = NULL;
		r = err_set(err, ERR_NOMEM, "no memory for a header");
	}
	if (r == 0 && options->ca_pem != NULL) {
		hosts->ca_pem = strdup(options->ca_pem);
		if (hosts->ca_pem == NULL)
			r = err_set(err, ERR_NOMEM, "no memory for CA certificates");
	}
	if (r < 0)
		hosts_finish(hosts);
	return r;
}

/* Puts the text in the place of the other one; false: it is the same. */
static bool take_pem(char **pem, const char *text)
{
	if (str_equal(*pem, text))
		return false;
	free(*pem);
	*pem = memory_strdup(text);
	return true;
}

bool hosts_set_authorities(struct hosts *hosts, const struct registry_options *options)
{
	bool is_new = take_pem(&hosts->ca_pem, options->ca_pem);

	for (size_t i = 0; i < hosts->cas.len; i++)
		is_new = take_pem(&((struct host_ca *)hosts->cas.items[i])->pem, options->cas[i].pem) || is_new;
	return is_new;
}

static void host_destroy(struct host *host)
{
	bearer_forget_all(host);
	free(host);
}

void hosts_finish(struct hosts *hosts)
{
	size_t cursor = 0;
	const char *authority;
	void *host;

	while (map_next(&hosts->by_authority, &cursor, &authority, &host))
		host_destroy(host);
	map_finish(&hosts->by_authority);
	finish_list(&hosts->insecure_hosts);
	finish_list(&hosts->realm_hosts);
	finish_list(&hosts->mirrors);
	finish_cas(&hosts->cas);
	free(hosts->ca_pem);
	free(hosts->user_agent);
	*hosts = (struct hosts){ .http = NULL };
}

/* Forgets hosts that nothing runs at, nothing waits for,
 * and that are not to be left alone. */
static void forget_idle_hosts(struct hosts *hosts)
{
	size_t cursor = 0;
	const char *authority;
	void *value;

	while (map_next(&hosts->by_authority, &cursor, &authority, &value)) {
		struct host *host = value;

		if (host->active > 0 || host->pins > 0 || host->first_waiting != NULL ||
		    hosts_blocked_ms(hosts, host) > 0)
			continue;
		map_remove(&hosts->by_authority, authority);
		host_destroy(host);
	}
}

struct host *hosts_find(struct hosts *hosts, const char *authority)
{
	struct host *host = map_get(&hosts->by_authority, authority);

	if (host != NULL)
		return host;
	if (map_len(&hosts->by_authority) >= MANY_HOSTS)
		forget_idle_hosts(hosts);
	host = memory_alloc(sizeof(*host));
	host->origin.is_plain = hosts_allows_plain(hosts, authority);
	snprintf(host->origin.authority, sizeof(host->origin.authority), "%s", authority);
	map_put(&hosts->by_authority, authority, host);
	return host;
}

bool hosts_allows_plain(const struct hosts *hosts, const char *authority)
{
	return list_has(&hosts->insecure_hosts, authority);
}

bool hosts_trusts_realm(const struct hosts *hosts, const char *authority)
{
	return list_has(&hosts->realm_hosts, authority) || hosts_allows_plain(hosts, authority);
}

const char *hosts_ca_pem(const struct hosts *hosts, const char *authority)
{
	size_t i;

	for (i = 0; i < hosts->cas.len; i++) {
		const struct host_ca *ca = hosts->cas.items[i];

		if (str_equal(ca->authority, authority))
			return ca->pem;
	}
	return hosts->ca_pem;
}

void hosts_count(const struct hosts *hosts, int status)
{
	if (hosts->on_request != NULL)
		hosts->on_request(hosts->user, status);
}

int64_t hosts_blocked_ms(const struct hosts *hosts, const struct host *host)
{
	int64_t left_ms = host->blocked_until_ms - hosts->monotonic_ms();

	return host->blocked_until_ms > 0 && left_ms > 0 ? left_ms : 0;
}

int64_t hosts_block(struct hosts *hosts, struct host *host, int64_t retry_after_ms)
{
	int64_t delay_ms = retry_after_ms;
	int64_t until_ms;

	if (delay_ms <= 0) {
		delay_ms = (int64_t)FIRST_BLOCK_MS << (host->throttles < 8 ? host->throttles : 8);
		delay_ms = patience_jitter(delay_ms < LONGEST_BLOCK_MS ? delay_ms : LONGEST_BLOCK_MS);
		host->throttles++;
	}
	until_ms = hosts->monotonic_ms() + delay_ms;
	if (until_ms > host->blocked_until_ms)
		host->blocked_until_ms = until_ms;
	return delay_ms;
}
