#include "registry/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "registry/backoff.h"
#include "registry/observed.h"
#include "registry/token.h"

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

int client_init(struct client *client, struct http *http, const struct registry_options *options,
		struct err *err)
{
	const char *agent = options->user_agent == NULL ? "sluice/" SLUICE_VERSION : options->user_agent;
	int r;

	*client = (struct client){
		.http = http,
		.timeout_ms = options->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : options->timeout_ms,
		.monotonic_ms = options->monotonic_ms == NULL ? clock_monotonic_ms : options->monotonic_ms,
	};
	r = copy_list(&client->insecure_hosts, options->insecure_hosts, err);
	if (r == 0)
		r = copy_list(&client->realm_hosts, options->realm_hosts, err);
	if (r == 0 && asprintf(&client->user_agent, "User-Agent: %s", agent) < 0) {
		client->user_agent = NULL;
		r = err_set(err, ERR_NOMEM, "no memory for a header");
	}
	if (r == 0 && options->ca_pem != NULL) {
		client->ca_pem = strdup(options->ca_pem);
		if (client->ca_pem == NULL)
			r = err_set(err, ERR_NOMEM, "no memory for CA certificates");
	}
	if (r < 0)
		client_finish(client);
	return r;
}

static void host_destroy(struct host *host)
{
	token_forget_all(host);
	free(host);
}

void client_finish(struct client *client)
{
	size_t cursor = 0;
	const char *authority;
	void *host;

	while (map_next(&client->hosts, &cursor, &authority, &host))
		host_destroy(host);
	map_finish(&client->hosts);
	finish_list(&client->insecure_hosts);
	finish_list(&client->realm_hosts);
	free(client->ca_pem);
	free(client->user_agent);
	*client = (struct client){ .http = NULL };
}

/* Forgets hosts that nothing runs at, nothing waits for,
 * and that are not to be left alone. */
static void forget_idle_hosts(struct client *client)
{
	size_t cursor = 0;
	const char *authority;
	void *value;

	while (map_next(&client->hosts, &cursor, &authority, &value)) {
		struct host *host = value;

		if (host->active > 0 || host->pins > 0 || host->first_waiting != NULL ||
		    client_blocked_ms(client, host) > 0)
			continue;
		map_remove(&client->hosts, authority);
		host_destroy(host);
	}
}

struct host *client_host(struct client *client, const char *authority)
{
	struct host *host = map_get(&client->hosts, authority);

	if (host != NULL)
		return host;
	if (client->hosts.len >= MANY_HOSTS)
		forget_idle_hosts(client);
	host = calloc(1, sizeof(*host));
	CHECK(host != NULL);
	host->origin.is_plain = client_allows_plain(client, authority);
	snprintf(host->origin.authority, sizeof(host->origin.authority), "%s", authority);
	map_put(&client->hosts, authority, host);
	return host;
}

bool client_allows_plain(const struct client *client, const char *authority)
{
	return list_has(&client->insecure_hosts, authority);
}

bool client_trusts_realm(const struct client *client, const char *authority)
{
	return list_has(&client->realm_hosts, authority) || client_allows_plain(client, authority);
}

int64_t client_blocked_ms(const struct client *client, const struct host *host)
{
	int64_t left_ms = host->blocked_until_ms - client->monotonic_ms();

	return host->blocked_until_ms > 0 && left_ms > 0 ? left_ms : 0;
}

int64_t client_block(struct client *client, struct host *host, int64_t retry_after_ms)
{
	int64_t delay_ms = retry_after_ms;
	int64_t until_ms;

	if (delay_ms <= 0) {
		delay_ms = (int64_t)FIRST_BLOCK_MS << (host->throttles < 8 ? host->throttles : 8);
		delay_ms = backoff_jitter(delay_ms < LONGEST_BLOCK_MS ? delay_ms : LONGEST_BLOCK_MS);
		host->throttles++;
	}
	until_ms = client->monotonic_ms() + delay_ms;
	if (until_ms > host->blocked_until_ms)
		host->blocked_until_ms = until_ms;
	return delay_ms;
}
