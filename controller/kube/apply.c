#include "kube/apply.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "kube/client.h"
#include "kube/path.h"
#include "kube/store.h"
#include "wire/json_write.h"

/* A request under way. */
struct asked {
	struct crash_page *page; /* where the reading of the answer is noted */
	struct store *store; /* gets the record; NULL: nobody */
	enum kind kind;
	bool has_object; /* the answer is the object */
	struct arena arena;
	struct deletion deletion; /* uid NULL: it is none */
	apply_fn fn;
	void *user;
};

static struct asked *asked_create(struct client *client, enum kind kind, void *user)
{
	struct asked *asked = memory_alloc(sizeof(*asked));

	asked->page = client_crash_page(client);
	asked->kind = kind;
	asked->arena = ARENA_INIT_SIZE(512);
	asked->user = user;
	return asked;
}

static void asked_free(struct asked *asked)
{
	arena_finish(&asked->arena);
	free(asked);
}

/* Keeps what is to be deleted: the strings are the caller's. */
static void keep_deletion(struct asked *asked, const struct deletion *deletion)
{
	struct arena *arena = &asked->arena;
	const char *namespace = deletion->namespace;

	asked->deletion = (struct deletion){
		.kind = deletion->kind,
		.namespace = arena_strdup(arena, namespace == NULL ? "" : namespace),
		.name = arena_strdup(arena, deletion->name),
		.uid = arena_strdup(arena, deletion->uid),
		.resource_version = arena_strdup(arena, deletion->resource_version),
	};
}

/* Tells the store what was written. */
static void tell_store(struct asked *asked, struct record *record)
{
	const struct deletion *deletion = &asked->deletion;

	if (asked->store == NULL)
		return;
	if (record != NULL)
		(void)store_put_written(asked->store, record);
	else if (deletion->uid != NULL && deletion->resource_version != NULL)
		(void)store_remove_written(asked->store, deletion->kind, deletion->namespace,
					   deletion->name, deletion->uid,
					   deletion->resource_version);
}

static void on_object(void *user, const struct client_answer *answer, const struct err *err)
{
	struct asked *asked = user;
	struct record *record = NULL;
	struct err own = *err;

	if (!err_is_set(&own) && asked->has_object &&
	    record_from_json_noted(asked->kind, answer->body, answer->body_len, asked->page, &record, &own) < 0)
		record = NULL;
	/* An answer that is none: no object has to be edited for that. */
	if (own.class == ERR_INPUT && answer->status < 300)
		own.class = ERR_NET;
	if (!err_is_set(&own))
		tell_store(asked, record);
	crash_page_leave(asked->page);
	asked->fn(asked->user, record, answer->manager, &own);
	record_unref(record);
	asked_free(asked);
}

/* Sends it, or gives it up. */
static int send_asked(struct client *client, const struct client_request *request, client_fn fn,
		      struct asked *asked, struct err *err)
{
	int r = client_send(client, request, fn, asked, NULL, err);

	if (r < 0)
		asked_free(asked);
	return r;
}

/* "" and NULL both say that there is no namespace. */
static const char *or_null(const char *namespace)
{
	return str_is_empty(namespace) ? NULL : namespace;
}

int apply_send(struct client *client, struct store *store, const struct apply *apply, apply_fn fn,
	       void *user, struct err *err)
{
	auto_buf target = PATH_INIT;
	struct asked *asked;
	int r = path_write_kind(&target, apply->kind, or_null(apply->namespace), apply->name,
				apply->subresource, err);

	r = r < 0 ? r : path_query(&target, "fieldManager", apply->manager == NULL ? APPLY_MANAGER : apply->manager, err);
	r = r < 0 ? r : path_query(&target, "fieldValidation", "Strict", err);
	r = r < 0 ? r : path_query(&target, "force", apply->is_forced ? "true" : "false", err);
	if (r < 0)
		return r;
	asked = asked_create(client, apply->kind, user);
	asked->store = store;
	asked->has_object = true;
	asked->fn = fn;
	return send_asked(client,
			  &(struct client_request){ .method = "PATCH",
						    .target = buf_text(&target),
						    .content_type = "application/apply-patch+yaml",
						    .body = apply->json,
						    .body_len = apply->json_len },
			  on_object, asked, err);
}

/* DeleteOptions (meta/v1). */
static int write_options(struct buf *buf, const struct deletion *deletion, char **ret_json,
			 struct err *err)
{
	struct writer writer = WRITER_INIT(buf);

	write_object(&writer, NULL);
	write_text(&writer, "apiVersion", "v1");
	write_text(&writer, "kind", "DeleteOptions");
	write_text(&writer, "propagationPolicy", "Background");
	write_object(&writer, "preconditions");
	write_text(&writer, "uid", deletion->uid);
	write_text(&writer, "resourceVersion", deletion->resource_version);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

int apply_delete(struct client *client, struct store *store, const struct deletion *deletion,
		 apply_fn fn, void *user, struct err *err)
{
	auto_buf target = PATH_INIT;
	auto_buf text = BUF_INIT(1024);
	struct asked *asked;
	char *json;
	int r = path_write_kind(&target, deletion->kind, or_null(deletion->namespace),
				deletion->name, NULL, err);

	r = r < 0 ? r : write_options(&text, deletion, &json, err);
	if (r < 0)
		return r;
	asked = asked_create(client, deletion->kind, user);
	asked->store = store;
	asked->fn = fn;
	keep_deletion(asked, deletion);
	r = send_asked(client,
		       &(struct client_request){ .method = "DELETE",
						 .target = buf_text(&target),
						 .body = json,
						 .body_len = strlen(json) },
		       on_object, asked, err);
	free(json);
	return r;
}

int apply_get(struct client *client, enum kind kind, const char *namespace, const char *name,
	      apply_fn fn, void *user, struct err *err)
{
	auto_buf target = PATH_INIT;
	struct asked *asked;
	int r = path_write_kind(&target, kind, or_null(namespace), name, NULL, err);

	if (r < 0)
		return r;
	asked = asked_create(client, kind, user);
	asked->has_object = true;
	asked->fn = fn;
	return send_asked(client,
			  &(struct client_request){ .method = "GET", .target = buf_text(&target) },
			  on_object, asked, err);
}
