#include "kube/plugin.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/kubeconfig.h"
#include "net/base64.h"
#include "net/pem.h"
#include "net/process.h"

#define LIMIT_MS 30000
#define PAUSE_MS 5000
#define AHEAD_LIMIT_MS 60000
#define OUTPUT_MAX ((size_t)1024 * 1024)

struct plugin {
	struct loop *loop;
	struct arena arena; /* of the strings below */
	const char *const *args;
	const char **env; /* the last one is the request's */
	size_t env_count; /* without it */
	const char *api_version;
	const char *hint; /* on how to install it; NULL: none */
	struct credential_cluster cluster;
	bool wants_cluster;
	struct plugin_times times;
	plugin_fn fn;
	void *user;

	struct process *process; /* NULL: it does not run */
	bool was_refused;        /* why it runs */
	struct credential credential;
	int64_t began_ms;      /* of the credential's life; wall clock */
	int64_t not_before_ms; /* no run before; monotonic */
	struct err failure;    /* of the last run */
};

/* ---- what it is told ---- */

static const char *const *copy_args(struct arena *arena, const struct kubeconfig_exec *exec)
{
	size_t count = 0;
	const char **args;

	while (exec->args != NULL && exec->args[count] != NULL)
		count++;
	args = arena_new_array(arena, count + 2, const char *);
	args[0] = arena_strdup(arena, exec->command);
	for (size_t i = 0; i < count; i++)
		args[i + 1] = arena_strdup(arena, exec->args[i]);
	return args;
}

static void copy_env(struct plugin *plugin, const struct kubeconfig_exec *exec)
{
	size_t count = 0;

	while (exec->env != NULL && exec->env[count].name != NULL)
		count++;
	plugin->env = arena_new_array(&plugin->arena, count + 2, const char *);
	plugin->env_count = count;
	for (size_t i = 0; i < count; i++)
		plugin->env[i] = arena_printf(&plugin->arena, "%s=%s", exec->env[i].name,
					      exec->env[i].value);
}

/* Hints have paragraphs; an error text has one line. */
static const char *copy_hint(struct arena *arena, const char *hint)
{
	char *line = arena_strdup(arena, hint);

	for (char *at = line; at != NULL && *at != '\0'; at++) {
		if (strchr("\r\n\t", *at) != NULL)
			*at = ' ';
	}
	return line;
}

struct plugin *plugin_create(struct loop *loop, const struct kubeconfig *config,
			     const struct plugin_times *times, plugin_fn fn, void *user)
{
	struct plugin *plugin = memory_alloc(sizeof(*plugin));
	struct arena *arena;

	arena = &plugin->arena;
	*arena = ARENA_INIT_SIZE(1024);
	plugin->loop = loop;
	plugin->args = copy_args(arena, &config->exec);
	copy_env(plugin, &config->exec);
	plugin->api_version = arena_strdup(arena, config->exec.api_version);
	plugin->hint = copy_hint(arena, config->exec.install_hint);
	plugin->wants_cluster = config->exec.wants_cluster;
	plugin->cluster = (struct credential_cluster){
		.server = arena_strdup(arena, config->server),
		.tls_server_name = arena_strdup(arena, config->tls_server_name),
		.proxy_url = arena_strdup(arena, config->proxy_url),
		.config = arena_strdup(arena, config->exec.extra),
		.is_insecure = config->is_insecure,
		.disables_compression = config->disables_compression,
	};
	plugin->times = (struct plugin_times){
		.limit_ms = times->limit_ms > 0 ? times->limit_ms : LIMIT_MS,
		.pause_ms = times->pause_ms > 0 ? times->pause_ms : PAUSE_MS,
	};
	plugin->fn = fn;
	plugin->user = user;
	return plugin;
}

void plugin_destroy(struct plugin *plugin)
{
	if (plugin == NULL)
		return;
	process_close(plugin->process);
	credential_finish(&plugin->credential);
	arena_finish(&plugin->arena);
	free(plugin);
}

/* ---- what is in force ---- */

const struct credential *plugin_credential(const struct plugin *plugin, int64_t now_ms)
{
	const struct credential *credential = &plugin->credential;
	bool is_there = credential->token != NULL || credential->cert_pem != NULL;

	return is_there && now_ms < credential->expires_ms ? credential : NULL;
}

bool plugin_is_due(const struct plugin *plugin, int64_t now_ms)
{
	int64_t expires_ms = plugin->credential.expires_ms;
	int64_t ahead_ms;

	if (expires_ms == CLOCK_NEVER || clock_monotonic_ms() < plugin->not_before_ms)
		return false;
	ahead_ms = (expires_ms - plugin->began_ms) / 4;
	return now_ms >= expires_ms - (ahead_ms < AHEAD_LIMIT_MS ? ahead_ms : AHEAD_LIMIT_MS);
}

bool plugin_is_running(const struct plugin *plugin)
{
	return plugin->process != NULL;
}

/* ---- a run ---- */

/* Keeps it for those who ask too soon. */
static int fail(struct plugin *plugin, enum err_class class, const char *text)
{
	err_clear(&plugin->failure);
	plugin->not_before_ms = clock_monotonic_ms() + plugin->times.pause_ms;
	return err_set(&plugin->failure, class, "credential plugin \"%s\": %s", plugin->args[0],
		       text);
}

static int read_credential(const struct plugin *plugin, const char *output, size_t len,
			   struct credential *ret_credential, struct err *err)
{
	int r = credential_from_json(output, len, plugin->api_version, ret_credential, err);

	if (r < 0)
		return r;
	if (ret_credential->cert_pem != NULL)
		r = pem_check_pair(ret_credential->cert_pem, ret_credential->key_pem, err);
	if (r == 0 && ret_credential->expires_ms <= clock_now_ms())
		r = err_set(err, ERR_INPUT, "it has expired already");
	if (r < 0)
		credential_finish(ret_credential);
	return r;
}

static enum plugin_result take(struct plugin *plugin, struct credential *credential)
{
	enum plugin_result result = PLUGIN_SAME;

	if (!str_equal(credential->cert_pem, plugin->credential.cert_pem) ||
	    !str_equal(credential->key_pem, plugin->credential.key_pem))
		result = PLUGIN_NEW_CERTIFICATE;
	else if (!str_equal(credential->token, plugin->credential.token))
		result = PLUGIN_NEW_TOKEN;
	credential_finish(&plugin->credential);
	plugin->credential = *credential;
	plugin->began_ms = clock_now_ms();
	plugin->not_before_ms =
		plugin->was_refused ? clock_monotonic_ms() + plugin->times.pause_ms : 0;
	err_clear(&plugin->failure);
	return result;
}

static void on_end(void *user, const char *output, size_t len, const struct err *end_err)
{
	struct plugin *plugin = user;
	enum plugin_result result = PLUGIN_FAILED;
	struct credential credential;
	struct err err = ERR_INIT;

	process_close(plugin->process);
	plugin->process = NULL;
	if (err_is_set(end_err)) {
		(void)fail(plugin, ERR_NET, end_err->text);
	} else if (read_credential(plugin, output, len, &credential, &err) < 0) {
		err_prefix(&err, "its answer cannot be used");
		(void)fail(plugin, ERR_DENIED, err.text);
	} else {
		result = take(plugin, &credential);
	}
	/* Whoever is told may ask for the next run. */
	err = plugin->failure;
	plugin->fn(plugin->user, result, &err);
}

/* Sets the variable that carries the request, in memory of arena. */
static int set_request(struct plugin *plugin, const char *ca_pem, struct arena *arena,
		       struct err *err)
{
	struct credential_cluster cluster = plugin->cluster;
	char *json = NULL;
	int r;

	if (ca_pem != NULL)
		cluster.ca_data = base64_encode(arena, ca_pem, strlen(ca_pem));
	r = credential_request(plugin->api_version, plugin->wants_cluster ? &cluster : NULL, &json,
			       err);
	if (r == 0)
		plugin->env[plugin->env_count] =
			arena_printf(arena, "KUBERNETES_EXEC_INFO=%s", json);
	free(json);
	return r;
}

static int start(struct plugin *plugin, const char *ca_pem)
{
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	int r = set_request(plugin, ca_pem, &arena, &err);

	if (r == 0)
		r = process_open(plugin->loop,
				 &(struct process_request){ .args = plugin->args,
							    .env = plugin->env,
							    .max_output = OUTPUT_MAX,
							    .timeout_ms = plugin->times.limit_ms },
				 on_end, plugin, &plugin->process, &err);
	if (r == ERR_NOTFOUND)
		r = fail(plugin, ERR_DENIED,
			 arena_printf(&arena, "there is no such program%s%s",
				      plugin->hint != NULL ? ". " : "",
				      plugin->hint != NULL ? plugin->hint : ""));
	else if (r < 0)
		r = fail(plugin, r == ERR_NOMEM ? ERR_NET : ERR_DENIED, err.text);
	arena_finish(&arena);
	return r;
}

int plugin_run(struct plugin *plugin, const char *ca_pem, bool is_refused, struct err *err)
{
	int r = 0;

	if (plugin->process != NULL)
		return 0;
	if (clock_monotonic_ms() < plugin->not_before_ms) {
		if (!err_is_set(&plugin->failure))
			return err_set(err, ERR_DENIED,
				       "credential plugin \"%s\": what it says is refused",
				       plugin->args[0]);
		r = plugin->failure.class;
	} else {
		plugin->was_refused = is_refused;
		r = start(plugin, ca_pem);
	}
	return r < 0 ? err_set(err, plugin->failure.class, "%s", plugin->failure.text) : 0;
}
