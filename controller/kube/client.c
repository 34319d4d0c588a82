#include "kube/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "kube/client_internal.h"
#include "net/address.h"

/* A token in the clear is everybody's token. On the way to one's own machine (a proxy, a test) it
 * is not in the clear. */
static int check_plain(const struct kubeconfig *config, struct err *err)
{
	const char *host = config->server + strlen("http://");
	size_t len = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	char name[64];

	if (!str_has_prefix(config->server, "http://") ||
	    (config->token == NULL && config->token_file == NULL))
		return 0;
	if (len < sizeof(name)) {
		memcpy(name, host, len);
		name[len] = '\0';
		if (address_text_is_loopback(name))
			return 0;
	}
	return err_set(err, ERR_INPUT, "%s: a token is not sent without TLS", config->server);
}

/* The header lines that are the same for each request. */
static void fill_headers(struct client *client, const struct kubeconfig *config)
{
	struct arena *arena = &client->arena;
	size_t groups = 0;
	size_t count = 0;

	while (config->as_groups != NULL && config->as_groups[groups] != NULL)
		groups++;
	client->headers = arena_new_array(arena, groups + 5, const char *);
	client->headers[count++] = "User-Agent: sluice/" SLUICE_VERSION;
	client->headers[count++] = "Accept: application/json";
	if (config->as_user != NULL)
		client->headers[count++] =
			arena_printf(arena, "Impersonate-User: %s", config->as_user);
	if (config->as_uid != NULL)
		client->headers[count++] =
			arena_printf(arena, "Impersonate-Uid: %s", config->as_uid);
	for (size_t i = 0; i < groups; i++)
		client->headers[count++] =
			arena_printf(arena, "Impersonate-Group: %s", config->as_groups[i]);
	client->header_count = count;
}

static void fill(struct client *client, const struct kubeconfig *config)
{
	struct arena *arena = &client->arena;

	client->server = arena_strdup(arena, config->server);
	client->proxy = arena_strdup(arena, config->proxy_url);
	client->namespace =
		arena_strdup(arena, config->namespace != NULL ? config->namespace : "default");
	client->is_plain = str_has_prefix(config->server, "http://");
	client->tls = (struct http_tls){
		.ca_pem = arena_strdup(arena, config->ca_pem),
		.cert_pem = arena_strdup(arena, config->cert_pem),
		.key_pem = arena_strdup(arena, config->key_pem),
		.server_name = arena_strdup(arena, config->tls_server_name),
		.is_insecure = config->is_insecure,
	};
	fill_headers(client, config);
}

int client_create(struct loop *loop, struct http *http, const struct kubeconfig *config,
		  struct client **ret_client, struct err *err)
{
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
	r = token_init(&client->token, config->token, config->token_file, err);
	if (r < 0) {
		client_destroy(client);
		return r == ERR_NOTFOUND ? ERR_INPUT : r;
	}
	*ret_client = client;
	return 0;
}

void client_destroy(struct client *client)
{
	if (client == NULL)
		return;
	CHECK(client->calls == 0);
	token_finish(&client->token);
	if (client->tls.key_pem != NULL)
		explicit_bzero((char *)(uintptr_t)client->tls.key_pem, strlen(client->tls.key_pem));
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

void client_observe(struct client *client, const struct client_observer *observer)
{
	client->observer = *observer;
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
