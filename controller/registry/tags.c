#include "registry/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "registry/complaint.h"
#include "registry/link.h"
#include "registry/mirror.h"
#include "registry/observed.h"
#include "registry/quote.h"
#include "wire/oci_json.h"

#define PAGE_LONGEST ((size_t)2 * 1024 * 1024)
#define MOST_PAGES 256
#define LONGEST_TAG 128

struct tags {
	struct hosts *hosts;
	struct reference reference;
	struct credentials credentials;
	struct query *query;
	struct validator known; /* to ask with */
	struct validator given; /* with the first page */
	size_t first_place;
	int pages; /* behind the first one */
	struct buf names; /* each with its NUL */
	size_t count;
	tags_done_fn done;
	void *user;
};

static void tags_destroy(struct tags *tags)
{
	buf_finish(&tags->names);
	credentials_finish(&tags->credentials);
	free(tags);
}

static void finish(struct tags *tags, const struct tags_list *list, const struct err *err)
{
	tags->done(tags->user, err_is_set(err) ? NULL : list, err);
	tags_destroy(tags);
}

/* Ends in the list. */
static void finish_well(struct tags *tags, bool is_unchanged)
{
	static const struct validator none = { .etag = "" };
	struct tags_list list = {
		.is_unchanged = is_unchanged,
		.names = buf_text(&tags->names),
		.count = tags->count,
		.size = tags->names.len,
		.validator = is_unchanged ? &tags->known : tags->pages == 0 ? &tags->given : &none,
	};
	const struct err none_err = ERR_INIT;

	finish(tags, &list, &none_err);
}

/* Adds a page's names. */
static int add_names(struct tags *tags, const struct oci_tags *page, struct err *err)
{
	char quoted[QUOTE_SIZE];
	size_t i;
	int r = 0;

	for (i = 0; i < page->count && r == 0; i++) {
		if (!reference_is_tag(page->names[i]))
			return err_set(err, ERR_INPUT, "the list of tags holds \"%s\", which is no tag",
				       quote(page->names[i], quoted));
		r = buf_append(&tags->names, page->names[i], strlen(page->names[i]) + 1, err);
	}
	tags->count += page->count;
	return r;
}

static int read_page(struct tags *tags, const struct reply *reply, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct oci_tags page;
	size_t most = REGISTRY_MAX_TAGS - tags->count;
	int r = oci_tags_from_json(buf_text(&reply->body), reply->body.len, REGISTRY_MAX_TAGS, &arena, &page,
				   err);

	if (r == 0 && page.count > most)
		r = err_set(err, ERR_INPUT, "more than %d tags", REGISTRY_MAX_TAGS);
	err_prefix(err, "the list of tags cannot be used");
	if (r == 0)
		r = add_names(tags, &page, err);
	arena_finish(&arena);
	return r;
}

static int ask(struct tags *tags, const char *path, struct err *err);

/* Asks for the page that the answer names, at the same place. Returns 1 when it does, 0 on the last page. */
static int ask_next(struct tags *tags, const struct query_answer *answer, struct err *err)
{
	char target[ORIGIN_PATH_SIZE];
	char next[ORIGIN_PATH_SIZE];
	int r = link_next(answer->reply->link, strlen(answer->reply->link), target, err);

	if (r < 0 || target[0] == '\0')
		return r;
	r = origin_follow(answer->origin, answer->path, target, next, err);
	if (r == 0 && str_equal(next, answer->path))
		r = err_set(err, ERR_INPUT, "the next page of the tags is the same page again");
	if (r == 0 && ++tags->pages == MOST_PAGES)
		r = err_set(err, ERR_INPUT, "the list of tags has more than %d pages", MOST_PAGES);
	if (r == 0) {
		tags->first_place = answer->place;
		r = ask(tags, next, err);
	}
	err_prefix(err, "next page of the tags");
	return r < 0 ? r : 1;
}

/* Asks for the first page. */
static int ask_first(struct tags *tags, size_t place, struct err *err)
{
	char path[REFERENCE_NAME_SIZE + 64];

	snprintf(path, sizeof(path), "/v2/%s/tags/list?n=1000", tags->reference.name);
	buf_reset(&tags->names);
	tags->count = 0;
	tags->pages = 0;
	tags->first_place = place;
	return ask(tags, path, err);
}

/* The list cannot be had from the place, where a mirror stands or the registry: on to the next one, or the end. */
static void fail(struct tags *tags, size_t place, const struct err *err)
{
	struct err why = ERR_INIT;

	if (place == mirrors_count(tags->hosts, &tags->reference))
		finish(tags, NULL, err);
	else if (ask_first(tags, place + 1, &why) < 0)
		finish(tags, NULL, &why);
}

/* Reads a page. Returns 1 when the next one is asked for, 0 when it was the last, else "registry H, shop/web: why". */
static int take_page(struct tags *tags, const struct query_answer *answer, struct err *err)
{
	struct complaint_subject subject = { .host = answer->host, .what = tags->reference.name };
	struct err why = ERR_INIT;
	int r;

	if (tags->pages == 0) {
		tags->given.place = answer->place;
		memcpy(tags->given.etag, answer->reply->etag, sizeof(tags->given.etag));
	}
	r = read_page(tags, answer->reply, &why);
	if (r == 0)
		r = ask_next(tags, answer, &why);
	return r < 0 ? complaint_of_content(&subject, &why, err) : r;
}

static void on_answer(void *user, const struct query_answer *answer, const struct err *err)
{
	struct tags *tags = user;
	struct err why = ERR_INIT;
	int r;

	tags->query = NULL;
	if (err_is_set(err)) { /* a whole sentence already; of a first page that of all places */
		if (tags->pages > 0)
			fail(tags, tags->first_place, err);
		else
			finish(tags, NULL, err);
		return;
	}
	if (answer->reply->status == 304) {
		finish_well(tags, true);
		return;
	}
	r = take_page(tags, answer, &why);
	if (r < 0)
		fail(tags, answer->place, &why);
	else if (r == 0)
		finish_well(tags, false);
}

static int ask(struct tags *tags, const char *path, struct err *err)
{
	struct query_request request = {
		.reference = &tags->reference,
		.credentials = &tags->credentials,
		.what = tags->reference.name,
		.method = "GET",
		.path = path,
		.kind = REPLY_JSON,
		.max_body = PAGE_LONGEST,
		.first_place = tags->first_place,
		.is_there_only = tags->pages > 0,
		.known = tags->pages == 0 ? &tags->known : NULL,
	};

	return query_start(tags->hosts, &request, on_answer, tags, &tags->query, err);
}

int tags_start(struct hosts *hosts, const struct reference *reference,
	       const struct credentials *credentials, const struct validator *known, tags_done_fn done, void *user,
	       struct tags **ret_tags, struct err *err)
{
	struct tags *tags = memory_alloc(sizeof(*tags));
	int r;

	*tags = (struct tags){
		.hosts = hosts, .reference = *reference, .done = done, .user = user,
		.names = BUF_INIT((size_t)REGISTRY_MAX_TAGS * (LONGEST_TAG + 1)),
	};
	if (known != NULL)
		tags->known = *known;
	r = credentials_copy(&tags->credentials, credentials, err);
	if (r == 0)
		r = ask_first(tags, 0, err);
	if (r < 0) {
		tags_destroy(tags);
		return r;
	}
	*ret_tags = tags;
	return 0;
}

void tags_cancel(struct tags *tags)
{
	query_cancel(tags->query);
	tags_destroy(tags);
}
