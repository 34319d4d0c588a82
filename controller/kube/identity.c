#include "kube/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/kubeconfig.h"
#include "kube/material.h"
#include "kube/plugin.h"
#include "kube/token.h"
#include "net/base64.h"
#include "net/http.h"

struct identity {
	struct identity_handler handler;
	struct token token;
	struct material material;
	struct plugin *plugin; /* NULL: there is none */
	char *basic;           /* "Basic …"; NULL: there is none */
	char *server_name;
	bool is_insecure;
	struct http_tls tls; /* of pointers into all of the above */
	unsigned version;
};

/* ---- what is renewed ---- */

/* The certificate is the program's, if there is one. */
static void fill_tls(struct identity *identity)
{
	const struct material *material = &identity->material;
	const struct credential *credential =
		identity->plugin == NULL ? NULL
					 : plugin_credential(identity->plugin, clock_now_ms());

	identity->tls = (struct http_tls){
		.ca_pem = material->ca.text,
		.cert_pem = credential == NULL ? material->cert.text : credential->cert_pem,
		.key_pem = credential == NULL ? material->key.text : credential->key_pem,
		.server_name = identity->server_name,
		.is_insecure = identity->is_insecure,
	};
}

static void renew(struct identity *identity, const char *source, bool is_tls)
{
	static const struct err none = { .class = ERR_NONE };

	identity->version++;
	fill_tls(identity);
	identity->handler.on_news(identity->handler.user, source, &none);
	if (is_tls)
		identity->handler.on_new_tls(identity->handler.user);
}

static void look_at_files(struct identity *identity, bool must)
{
	int64_t now_ms = clock_monotonic_ms();

	switch (token_look(&identity->token, now_ms, must)) {
	case TOKEN_NEW:
		renew(identity, "token file", false);
		break;
	case TOKEN_TROUBLE:
		identity->handler.on_news(identity->handler.user, "token file", &identity->token.trouble);
		break;
	case TOKEN_SAME:
		break;
	}
	switch (material_look(&identity->material, now_ms, must)) {
	case MATERIAL_NEW:
		renew(identity, "certificate files", true);
		break;
	case MATERIAL_TROUBLE:
		identity->handler.on_news(identity->handler.user, "certificate files",
					  &identity->material.trouble);
		break;
	case MATERIAL_SAME:
		break;
	}
}

static void on_run_ended(void *user, enum plugin_result result, const struct err *err)
{
	struct identity *identity = user;
	struct identity_handler handler = identity->handler;

	if (result == PLUGIN_FAILED)
		handler.on_news(handler.user, "credential plugin", err);
	else if (result == PLUGIN_SAME)
		fill_tls(identity);
	else
		renew(identity, "credential plugin", result == PLUGIN_NEW_CERTIFICATE);
	handler.on_settled(handler.user, err);
}

/* ---- the beginning and the end ---- */

static int take_basic(struct identity *identity, const struct kubeconfig *config, struct err *err)
{
	struct arena arena = ARENA_INIT_SIZE(1024);
	char *pair;

	if (config->username == NULL)
		return 0;
	pair = arena_printf(&arena, "%s:%s", config->username,
			    config->password == NULL ? "" : config->password);
	identity->basic = strdup(
		arena_printf(&arena, "Basic %s", base64_encode(&arena, pair, strlen(pair))));
	str_wipe(pair);
	arena_finish(&arena);
	return identity->basic == NULL ? err_set(err, ERR_NOMEM, "no memory for a password") : 0;
}

int identity_create(struct loop *loop, const struct kubeconfig *config,
		    const struct plugin_times *times, const struct identity_handler *handler,
		    struct identity **ret_identity, struct err *err)
{
	static const struct plugin_times usual = { .limit_ms = 0 };
	struct identity *identity = memory_alloc(sizeof(*identity));
	int64_t now_ms = clock_monotonic_ms();
	int r;

	identity->handler = *handler;
	identity->is_insecure = config->is_insecure;
	if (config->tls_server_name != NULL) {
		identity->server_name = memory_strdup(config->tls_server_name);
	}
	r = token_init(&identity->token, config->token, config->token_file, now_ms, err);
	r = r < 0 ? r : take_basic(identity, config, err);
	r = r < 0 ? r : material_init(&identity->material, config, now_ms, err);
	if (r < 0) {
		identity_destroy(identity);
		return r == ERR_NOTFOUND ? ERR_INPUT : r;
	}
	if (config->exec.command != NULL)
		identity->plugin = plugin_create(loop, config, times != NULL ? times : &usual,
						 on_run_ended, identity);
	fill_tls(identity);
	*ret_identity = identity;
	return 0;
}

void identity_destroy(struct identity *identity)
{
	if (identity == NULL)
		return;
	plugin_destroy(identity->plugin);
	token_finish(&identity->token);
	material_finish(&identity->material);
	str_wipe_free(identity->basic);
	free(identity->server_name);
	free(identity);
}

/* ---- requests ---- */

static enum identity_answer run(struct identity *identity, bool is_refused, struct err *err)
{
	int r = plugin_run(identity->plugin, identity->material.ca.text, is_refused, err);

	return r < 0 ? IDENTITY_NONE : IDENTITY_WAIT;
}

enum identity_answer identity_prepare(struct identity *identity, struct err *err)
{
	struct plugin *plugin = identity->plugin;

	look_at_files(identity, false);
	if (plugin == NULL)
		return IDENTITY_READY;
	if (plugin_credential(plugin, clock_now_ms()) == NULL)
		return run(identity, false, err);
	/* If it cannot be started now, it is when there is nothing else. */
	if (plugin_is_due(plugin, clock_now_ms()))
		(void)run(identity, false, NULL);
	return IDENTITY_READY;
}

const struct http_tls *identity_tls(const struct identity *identity)
{
	return &identity->tls;
}

const char *identity_authorization(const struct identity *identity, struct arena *arena)
{
	const char *token = identity->token.text;
	const struct credential *credential = NULL;

	if (identity->plugin != NULL)
		credential = plugin_credential(identity->plugin, clock_now_ms());
	if (credential != NULL)
		token = credential->token;
	if (token != NULL)
		return arena_printf(arena, "Authorization: Bearer %s", token);
	if (identity->basic != NULL)
		return arena_printf(arena, "Authorization: %s", identity->basic);
	return NULL;
}

unsigned identity_version(const struct identity *identity)
{
	return identity->version;
}

enum identity_answer identity_refused(struct identity *identity, unsigned version)
{
	struct err why = ERR_INIT;

	if (identity->version == version)
		look_at_files(identity, true);
	if (identity->version != version)
		return IDENTITY_READY;
	return identity->plugin == NULL ? IDENTITY_NONE : run(identity, true, &why);
}

void identity_suspect(struct identity *identity)
{
	look_at_files(identity, true);
}
