#include "kube/client.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kube/client_internal.h"
#include "kube/kubeconfig.h"
#include "net/address.h"

/* A credential in the clear is everybody's. On the way to one's own machine (kubectl proxy, a test) it
 * is not, unless it goes by another one. */
static int check_plain(const struct kubeconfig *config, struct err *err)
{
	const char *host = config->server + strlen("http://");
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	char name[64];

	if (!str_has_prefix(config->server, "http://") ||
	    (config->token == NULL && config->token_file == NULL && config->username == NULL &&
	     config->exec.command == NULL))
		return 0;
	if (len < sizeof(name) && config->proxy_url == NULL) {
		memcpy(name, host, len);
		name[len] = '\0';
		if (address_text_is_loopback(name))
			return 0;
	}
	return err_set(err, ERR_INPUT, "%s: a credential is not sent without TLS",
		       config->server);
}

/* Header names are tokens (RFC 9110): every other byte of a key, and '%', as %XX (client-go). */
static const char *escape_key(struct arena *arena, const char *key)
{
	char *escaped = arena_alloc(arena, 3 * strlen(key) + 1);
	char *at = escaped;

	for (; *key != '\0'; key++) {
		if (isalnum((unsigned char)*key) || strchr("!#$&'*+-.^_`|~", *key) != NULL)
			*at++ = *key;
		else
			at += snprintf(at, 4, "%%%02X", (unsigned)(unsigned char)*key);
	}
	return escaped;
}

static void add_header(struct client *client, const char *name, const char *value)
{
	if (value != NULL)
		client->headers[client->header_count++] =
			arena_printf(&client->arena, "%s: %s", name, value);
}

/* The header lines that are the same for each request. */
static void fill_headers(struct client *client, const struct kubeconfig *config)
{
	struct arena *arena = &client->arena;
	size_t groups = 0;
	size_t extras = 0;

	while (config->as_groups != NULL && config->as_groups[groups] != NULL)
		groups++;
	while (config->as_extra != NULL && config->as_extra[extras].name != NULL)
		extras++;
	client->headers = arena_new_array(arena, groups + extras + 4, const char *);
	add_header(client, "User-Agent", "sluice/" SLUICE_VERSION);
	add_header(client, "Accept", "application/json");
	add_header(client, "Impersonate-User", config->as_user);
	add_header(client, "Impersonate-Uid", config->as_uid);
	for (size_t i = 0; i < groups; i++)
		add_header(client, "Impersonate-Group", config->as_groups[i]);
	for (size_t i = 0; i < extras; i++)
		add_header(client,
			   arena_printf(arena, "Impersonate-Extra-%s",
					escape_key(arena, config->as_extra[i].name)),
			   config->as_extra[i].value);
}

/* As Go's clients do, the proxy resolves the server's name. curl has another word for that. */
static const char *copy_proxy(struct arena *arena, const char *url)
{
	static const char socks[] = "socks5://";

	if (url == NULL || !str_has_prefix(url, socks))
		return arena_strdup(arena, url);
	return arena_printf(arena, "socks5h://%s", url + strlen(socks));
}

static void fill(struct client *client, const struct kubeconfig *config)
{
	struct arena *arena = &client->arena;

	client->server = arena_strdup(arena, config->server);
	client->proxy = copy_proxy(arena, config->proxy_url);
	client->namespace =
		arena_strdup(arena, config->namespace != NULL ? config->namespace : "default");
	client->is_plain = str_has_prefix(config->server, "http://");
	fill_headers(client, config);
}

/* ---- from the identity ---- */

static void on_new_tls(void *user)
{
	struct client *client = user;

	http_drop_connections(client->http, HTTP_LANE_WATCH);
	http_drop_connections(client->http, HTTP_LANE_WRITE);
	client_calls_let_go(client);
}

static void on_settled(void *user, const struct err *err)
{
	client_calls_settle(user, err);
}

static void on_news(void *user, const char *source, const struct err *err)
{
	const struct client *client = user;

	if (client->news != NULL)
		client->news(client->news_user, source, err);
}

/* ---- the beginning and the end ---- */

int client_create(struct loop *loop, struct http *http, const struct kubeconfig *config,
		  struct client **ret_client, struct err *err)
{
	struct identity_handler handler = { .on_new_tls = on_new_tls,
					    .on_settled = on_settled,
					    .on_news = on_news };
	struct client *client;
	int r = check_plain(config, err);

	if (r < 0)
		return r;
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a client");
	client->loop = loop;
	client->http = http;
	fill(client, config);
	handler.user = client;
	r = identity_create(loop, config, NULL, &handler, &client->identity, err);
	if (r < 0) {
		client_destroy(client);
		return r;
	}
	*ret_client = client;
	return 0;
}

void client_close(struct client *client)
{
	const struct err err = { .class = ERR_NET, .text = "the client is being shut down" };

	if (client == NULL)
		return;
	client->is_closed = true;
	client_calls_settle(client, &err);
}

void client_destroy(struct client *client)
{
	if (client == NULL)
		return;
	client_close(client);
	CHECK(client->calls.len == 0);
	vec_finish(&client->calls);
	identity_destroy(client->identity);
	arena_finish(&client->arena);
	free(client);
}

void client_reconnect(struct client *client)
{
	http_drop_connections(client->http, HTTP_LANE_WATCH);
}

void client_set_limit(struct client *client, int64_t qps, int64_t burst)
{
	client->limiter = limiter_make(qps, burst);
}

void client_note_reads(struct client *client, struct crash_page *page)
{
	client->crash_page = page;
}

struct crash_page *client_crash_page(const struct client *client)
{
	return client->crash_page;
}

void client_observe(struct client *client, const struct client_observer *observer)
{
	client->observer = *observer;
}

void client_tell(struct client *client, client_news_fn fn, void *user)
{
	client->news = fn;
	client->news_user = user;
}

const char *client_namespace(const struct client *client)
{
	return client->namespace;
}

/* ---- the usual requests ---- */

int client_get(struct client *client, const char *target, client_fn fn, void *user, struct err *err)
{
	return client_send(client, &(struct client_request){ .method = "GET", .target = target },
			   fn, user, NULL, err);
}

int client_post(struct client *client, const char *target, const char *body, size_t len,
		client_fn fn, void *user, struct err *err)
{
	return client_send(
		client,
		&(struct client_request){
			.method = "POST", .target = target, .body = body, .body_len = len },
		fn, user, NULL, err);
}

int client_put(struct client *client, const char *target, const char *body, size_t len,
	       client_fn fn, void *user, struct err *err)
{
	return client_send(
		client,
		&(struct client_request){
			.method = "PUT", .target = target, .body = body, .body_len = len },
		fn, user, NULL, err);
}

int client_patch(struct client *client, const char *target, const char *content_type,
		 const char *body, size_t len, client_fn fn, void *user, struct err *err)
{
	return client_send(client,
			   &(struct client_request){ .method = "PATCH",
						     .target = target,
						     .content_type = content_type,
						     .body = body,
						     .body_len = len },
			   fn, user, NULL, err);
}

int client_delete(struct client *client, const char *target, const char *body, size_t len,
		  client_fn fn, void *user, struct err *err)
{
	return client_send(
		client,
		&(struct client_request){
			.method = "DELETE", .target = target, .body = body, .body_len = len },
		fn, user, NULL, err);
}
