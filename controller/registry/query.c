#include "registry/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "registry/call.h"
#include "registry/mirror.h"
#include "registry/patience.h"

struct query {
	struct hosts *hosts;
	struct query_request request; /* .path is the copy below */
	char *path;
	size_t mirrors; /* how many there are: the place of the registry itself */
	size_t place;
	struct reference reference; /* at the place */
	struct call *call;
	struct err mirror_err; /* what a mirror said; not set: nothing */
	query_fn fn;
	void *user;
};

static void query_destroy(struct query *query)
{
	free(query->path);
	free(query);
}

/* ---- places ---- */

/* Is the mirror at the place to be passed over for now? */
static bool is_resting(struct query *query)
{
	const struct host *host = hosts_find(query->hosts, query->reference.authority);

	return hosts_blocked_ms(query->hosts, host) > 0 ||
	       query->hosts->monotonic_ms() < host->rests_until_ms;
}

/* Moves on to the first place from query->place on that can be asked. */
static void find_place(struct query *query)
{
	for (; query->place < query->mirrors; query->place++) {
		if (mirrors_place(query->hosts, query->request.reference, query->place, &query->reference) &&
		    (query->request.is_there_only || !is_resting(query)))
			return;
	}
	query->reference = *query->request.reference;
}

/* Remembers how the mirror did: one without an answer is left alone for a while. */
static void judge_mirror(struct query *query, const struct err *err)
{
	struct host *host = hosts_find(query->hosts, query->reference.authority);

	if (err->class == ERR_NET || err->class == ERR_BUSY) {
		host->rests_until_ms =
			query->hosts->monotonic_ms() + patience_ms(err, host->failures++);
		return;
	}
	host->failures = 0;
	host->rests_until_ms = 0;
}

static const struct credentials *credentials_of(const struct query *query)
{
	static const struct credentials anonymous = { .basic = NULL };
	const struct credentials *credentials = query->request.credentials;

	if (query->place == query->mirrors)
		return credentials;
	return query->place < credentials->mirror_count ? &credentials->mirrors[query->place] : &anonymous;
}

/* The path at the place: below its own name of the repository. */
static int write_path(const struct query *query, struct buf *path, struct err *err)
{
	size_t head = strlen("/v2/") + strlen(query->request.reference->name);

	if (query->request.is_there_only || query->place == query->mirrors)
		return buf_puts(path, query->path, err);
	return buf_printf(path, err, "/v2/%s%s", query->reference.name, query->path + head);
}

/* ---- asking ---- */

static void on_answer(void *user, const struct reply *reply, const char *path, const struct err *err);

static int ask_there(struct query *query, struct err *err)
{
	const struct validator *known = query->request.known;
	bool is_known_there = known != NULL && known->etag[0] != '\0' && known->place == query->place;
	auto_buf path = BUF_INIT(ORIGIN_PATH_SIZE);
	struct call_request request = {
		.reference = &query->reference,
		.credentials = credentials_of(query),
		.what = query->request.what,
		.method = query->request.method,
		.kind = query->request.kind,
		.max_body = query->request.max_body,
		.if_none_match = is_known_there ? known->etag : NULL,
	};
	int r = write_path(query, &path, err);

	if (r < 0)
		return r;
	request.path = buf_text(&path);
	return call_start(query->hosts, &request, on_answer, query, &query->call, err);
}

/* May another place be asked after this one? */
static bool can_go_on(const struct query *query)
{
	return query->place < query->mirrors && !query->request.is_there_only;
}

/* Asks at the place, or at the next one that can be asked. */
static int ask(struct query *query, struct err *err)
{
	for (;;) {
		struct err why = ERR_INIT;

		find_place(query);
		if (ask_there(query, &why) == 0)
			return 0;
		if (!can_go_on(query)) {
			*err = why;
			return err->class;
		}
		query->place++;
	}
}

/* Says the registry's error, and behind it what its mirror said. */
static void finish_badly(struct query *query, const struct err *err)
{
	struct err whole = *err;

	if (err_is_set(&query->mirror_err))
		(void)snprintf(whole.text, sizeof(whole.text), "%.230s; its mirror: %.230s", err->text,
			       query->mirror_err.text);
	query->fn(query->user, NULL, &whole);
	query_destroy(query);
}

static void on_answer(void *user, const struct reply *reply, const char *path, const struct err *err)
{
	struct query *query = user;
	struct err why = ERR_INIT;
	struct query_answer answer = {
		.reply = reply,
		.path = path,
		.place = query->place,
		.is_mirror = query->place < query->mirrors,
		.host = query->reference.host,
		.origin = &hosts_find(query->hosts, query->reference.authority)->origin,
	};

	query->call = NULL;
	if (answer.is_mirror)
		judge_mirror(query, err);
	if (!err_is_set(err)) {
		query->fn(query->user, &answer, err);
		query_destroy(query);
		return;
	}
	if (!can_go_on(query)) {
		finish_badly(query, err);
		return;
	}
	query->mirror_err = *err;
	query->place++;
	if (ask(query, &why) < 0)
		finish_badly(query, &why);
}

int query_start(struct hosts *hosts, const struct query_request *request, query_fn fn, void *user,
		struct query **ret_query, struct err *err)
{
	struct query *query = memory_alloc(sizeof(*query));
	int r;

	*query = (struct query){
		.hosts = hosts, .request = *request, .path = memory_strdup(request->path),
		.mirrors = mirrors_count(hosts, request->reference), .place = request->first_place,
		.fn = fn, .user = user,
	};
	CHECK(query->place <= query->mirrors);
	r = ask(query, err);
	if (r < 0) {
		query_destroy(query);
		return r;
	}
	*ret_query = query;
	return 0;
}

void query_cancel(struct query *query)
{
	if (query->call != NULL)
		call_cancel(query->call);
	query_destroy(query);
}
