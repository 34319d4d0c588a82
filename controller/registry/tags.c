#include "registry/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "registry/call.h"
#include "registry/complaint.h"
#include "registry/link.h"
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
	struct call *call;
	char *known; /* the ETag to ask with; NULL: none */
	char etag[REPLY_ETAG_SIZE]; /* of the first page */
	int pages;
	struct buf names; /* each with its NUL */
	size_t count;
	tags_done_fn done;
	void *user;
};

static void tags_destroy(struct tags *tags)
{
	buf_finish(&tags->names);
	free(tags->known);
	credentials_finish(&tags->credentials);
	free(tags);
}

/* Ends in "registry H, shop/web: why", or in the list when why is not set. */
static void finish(struct tags *tags, bool is_unchanged, const struct err *why)
{
	struct tags_list list = {
		.is_unchanged = is_unchanged,
		.names = buf_text(&tags->names),
		.count = tags->count,
		.size = tags->names.len,
		.etag = is_unchanged ? tags->known : tags->pages == 0 ? tags->etag : "",
	};
	struct complaint_subject subject = { .host = tags->reference.host, .what = tags->reference.name };
	struct err err = ERR_INIT;

	if (err_is_set(why))
		(void)complaint_of_content(&subject, why, &err);
	tags->done(tags->user, err_is_set(&err) ? NULL : &list, &err);
	tags_destroy(tags);
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

/* Asks for the page that the answer from path names. Returns 1 when it does, 0 on the last page. */
static int ask_next(struct tags *tags, const struct reply *reply, const char *path, struct err *err)
{
	char target[ORIGIN_PATH_SIZE];
	char next[ORIGIN_PATH_SIZE];
	struct host *host = hosts_find(tags->hosts, tags->reference.authority);
	int r = link_next(reply->link, strlen(reply->link), target, err);

	if (r < 0 || target[0] == '\0')
		return r;
	r = origin_follow(&host->origin, path, target, next, err);
	if (r == 0 && str_equal(next, path))
		r = err_set(err, ERR_INPUT, "the next page of the tags is the same page again");
	if (r == 0 && ++tags->pages == MOST_PAGES)
		r = err_set(err, ERR_INPUT, "the list of tags has more than %d pages", MOST_PAGES);
	if (r == 0)
		r = ask(tags, next, err);
	err_prefix(err, "next page of the tags");
	return r < 0 ? r : 1;
}

static void on_answer(void *user, const struct reply *reply, const char *path, const struct err *err)
{
	struct tags *tags = user;
	struct err why = ERR_INIT;
	int r;

	tags->call = NULL;
	if (err_is_set(err)) { /* a whole sentence already */
		tags->done(tags->user, NULL, err);
		tags_destroy(tags);
		return;
	}
	if (reply->status == 304) {
		finish(tags, true, &why);
		return;
	}
	if (tags->pages == 0)
		memcpy(tags->etag, reply->etag, sizeof(tags->etag));
	r = read_page(tags, reply, &why);
	if (r == 0)
		r = ask_next(tags, reply, path, &why);
	if (r <= 0)
		finish(tags, false, &why);
}

static int ask(struct tags *tags, const char *path, struct err *err)
{
	struct call_request request = {
		.reference = &tags->reference,
		.credentials = &tags->credentials,
		.what = tags->reference.name,
		.method = "GET",
		.path = path,
		.kind = REPLY_JSON,
		.max_body = PAGE_LONGEST,
		.if_none_match = tags->pages == 0 ? tags->known : NULL,
	};

	return call_start(tags->hosts, &request, on_answer, tags, &tags->call, err);
}

int tags_start(struct hosts *hosts, const struct reference *reference,
	       const struct credentials *credentials, const char *etag, tags_done_fn done, void *user,
	       struct tags **ret_tags, struct err *err)
{
	struct tags *tags = calloc(1, sizeof(*tags));
	char path[REFERENCE_NAME_SIZE + 64];
	int r;

	CHECK(tags != NULL);
	*tags = (struct tags){
		.hosts = hosts, .reference = *reference, .done = done, .user = user,
		.names = BUF_INIT((size_t)REGISTRY_MAX_TAGS * (LONGEST_TAG + 1)),
	};
	if (etag != NULL) {
		tags->known = strdup(etag);
		CHECK(tags->known != NULL);
	}
	snprintf(path, sizeof(path), "/v2/%s/tags/list?n=1000", reference->name);
	r = credentials_copy(&tags->credentials, credentials, err);
	if (r == 0)
		r = ask(tags, path, err);
	if (r < 0) {
		tags_destroy(tags);
		return r;
	}
	*ret_tags = tags;
	return 0;
}

void tags_cancel(struct tags *tags)
{
	call_cancel(tags->call);
	tags_destroy(tags);
}
