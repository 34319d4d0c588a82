#include "registries.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "kube/file.h"
#include "net/loop.h"
#include "net/pem.h"
#include "telemetry/log.h"

#define CA_LIMIT ((size_t)4 * 1024 * 1024)
#define LOOK_MS (5 * 60 * 1000)
#define TROUBLE_LOOK_MS 10000

struct registries {
	const struct options *options;
	struct registry *room;
	struct timer *timer; /* NULL: there are no files */
	struct err trouble;  /* why the files cannot be used now */
};

/* Reads "FILE" or "HOST=FILE". */
static int read_ca(const char *text, struct arena *arena, struct registry_ca *ret_ca, struct err *err)
{
	size_t len = strcspn(text, "=/");
	bool has_host = text[len] == '=';
	char *pem = NULL;

	const char *path = text + (has_host ? len + 1 : 0);

	if (file_read(arena, path, CA_LIMIT, &pem, err) < 0)
		return err->class;
	if (pem_check_authorities(pem, err) < 0) {
		err_prefix(err, "%s", path);
		return err->class;
	}
	*ret_ca = (struct registry_ca){ has_host ? arena_strndup(arena, text, len) : NULL, pem };
	return 0;
}

int registries_configure(const struct options *options, struct arena *arena,
			 struct registry_options *ret_options, struct err *err)
{
	struct registry_ca *cas;
	size_t count = 0;

	while (options->registry_cas[count] != NULL)
		count++;
	cas = arena_new_array(arena, count + 1, struct registry_ca);
	ret_options->insecure_hosts = options->insecure_registries;
	ret_options->realm_hosts = options->token_servers;
	ret_options->mirrors = options->registry_mirrors;
	ret_options->cas = cas;
	for (const char *const *text = options->registry_cas; *text != NULL; text++) {
		if (read_ca(*text, arena, cas, err) < 0) {
			err_prefix(err, "--registry-ca");
			return err->class;
		}
		if (cas->host == NULL)
			ret_options->ca_pem = cas->pem;
		else
			cas++;
	}
	*cas = (struct registry_ca){ .host = NULL };
	return 0;
}

enum registries_news registries_look(struct registries *registries)
{
	struct registry_options now = { .timeout_ms = 0 };
	enum registries_news news = REGISTRIES_SAME;
	struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;

	if (registries_configure(registries->options, &arena, &now, &err) < 0) {
		if (!str_equal(err.text, registries->trouble.text)) {
			log_warn("the authorities of registries could not be read again", log_error(&err));
			news = REGISTRIES_TROUBLE;
		}
	} else if (registry_set_authorities(registries->room, &now)) {
		log_info("the authorities of registries were renewed");
		news = REGISTRIES_NEW;
	}
	registries->trouble = err;
	arena_finish(&arena);
	return news;
}

static void on_due(void *user)
{
	struct registries *registries = user;

	(void)registries_look(registries);
	timer_start(registries->timer, err_is_set(&registries->trouble) ? TROUBLE_LOOK_MS : LOOK_MS);
}

int registries_create(struct loop *loop, struct http *http, const struct options *options,
		      const struct registry_options *given, struct registries **ret_registries, struct err *err)
{
	struct registries *registries = memory_alloc(sizeof(*registries));
	struct registry_options wanted = *given;
	struct arena arena = ARENA_INIT;
	int r;

	registries->options = options;
	r = registries_configure(options, &arena, &wanted, err);
	r = r < 0 ? r : registry_create(http, &wanted, &registries->room, err);
	arena_finish(&arena);
	if (r < 0) {
		free(registries);
		return r;
	}
	if (options->registry_cas[0] != NULL) {
		registries->timer = timer_open(loop, on_due, registries);
		timer_start(registries->timer, LOOK_MS);
	}
	*ret_registries = registries;
	return 0;
}

struct registry *registries_room(const struct registries *registries)
{
	return registries->room;
}

void registries_destroy(struct registries *registries)
{
	if (registries == NULL)
		return;
	registry_destroy(registries->room);
	timer_close(registries->timer);
	free(registries);
}
