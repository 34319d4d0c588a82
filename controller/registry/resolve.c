#include "registry/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "registry/complaint.h"
#include "registry/mirror.h"
#include "registry/observed.h"
#include "registry/quote.h"

#define TEXT_SIZE 129 /* the longest tag; a digest is shorter */

enum resolve_state {
	RESOLVE_HEAD,  /* asked for the digest */
	RESOLVE_BYTES, /* asked for the manifest */
};

struct resolve {
	enum resolve_state state;
	struct hosts *hosts;
	struct reference reference;
	struct credentials credentials;
	char text[TEXT_SIZE];                        /* the tag or digest that was asked for */
	char what[REFERENCE_NAME_SIZE + TEXT_SIZE]; /* "shop/web:v1" */
	char asked[DIGEST_SIZE];                     /* in BYTES: the digest asked for; "": by tag */
	size_t first_place;
	struct validator known; /* to ask with */
	struct query *query;
	resolve_recall_fn recall;
	resolve_done_fn done;
	void *user;
};

static int ask(struct resolve *resolve, enum resolve_state state, struct err *err);

static void resolve_destroy(struct resolve *resolve)
{
	credentials_finish(&resolve->credentials);
	free(resolve);
}

static void finish(struct resolve *resolve, const struct manifest_facts *facts,
		   const struct validator *validator, const struct err *err)
{
	resolve->done(resolve->user, facts, validator, err);
	resolve_destroy(resolve);
}

/* Ends without an answer. */
static void fail(struct resolve *resolve, const struct err *err)
{
	static const struct validator none = { .etag = "" };

	finish(resolve, NULL, &none, err);
}

/* What the place at first_place said has led to err: the next one is asked from the beginning, where it was a mirror. */
static void go_on(struct resolve *resolve, const struct err *err)
{
	struct err why = ERR_INIT;

	if (resolve->first_place == mirrors_count(resolve->hosts, &resolve->reference)) {
		fail(resolve, err);
		return;
	}
	resolve->first_place++;
	resolve->asked[0] = '\0';
	if (ask(resolve, RESOLVE_HEAD, &why) < 0)
		fail(resolve, &why);
}

/* What came does not hold together: "registry H, shop/web:v1: why". */
static void refuse(struct resolve *resolve, const struct query_answer *answer, const struct err *why)
{
	struct complaint_subject subject = { .host = answer->host, .what = resolve->what };
	struct err err = ERR_INIT;

	(void)complaint_of_content(&subject, why, &err);
	resolve->first_place = answer->place;
	go_on(resolve, &err);
}

/* Takes the digest out of the HEAD's answer into asked; "" when the registry gave none. */
static int read_digest(struct resolve *resolve, const struct reply *reply, struct err *err)
{
	char quoted[QUOTE_SIZE];

	if (reply->digest[0] != '\0' && !digest_is_valid(reply->digest))
		return err_set(err, ERR_INPUT, "Docker-Content-Digest is \"%s\", which is no sha256 digest",
			       quote(reply->digest, quoted));
	if (reply->digest[0] != '\0' && digest_is_valid(resolve->text) &&
	    !str_equal(reply->digest, resolve->text))
		return err_set(err, ERR_INPUT, "Docker-Content-Digest says %s", reply->digest);
	if (reply->digest[0] != '\0')
		memcpy(resolve->asked, reply->digest, sizeof(resolve->asked));
	return 0;
}

/* HEAD was answered: done when its digest is known, else on to the bytes. */
static void after_head(struct resolve *resolve, const struct query_answer *answer)
{
	static const struct validator none = { .etag = "" };
	const struct manifest_facts *facts = NULL;
	struct err err = ERR_INIT;

	if (read_digest(resolve, answer->reply, &err) < 0) {
		refuse(resolve, answer, &err);
		return;
	}
	resolve->first_place = answer->place;
	if (resolve->asked[0] != '\0')
		facts = resolve->recall(resolve->user, &resolve->reference, resolve->asked);
	if (facts != NULL)
		finish(resolve, facts, &none, &err);
	else if (ask(resolve, RESOLVE_BYTES, &err) < 0)
		fail(resolve, &err);
}

/* The manifest came: it has to be what was asked for. */
static void after_bytes(struct resolve *resolve, const struct query_answer *answer)
{
	const char *asked = digest_is_valid(resolve->text) ? resolve->text : resolve->asked;
	const struct reply *reply = answer->reply;
	struct validator given = { .place = answer->place };
	struct manifest_facts facts;
	struct err err = ERR_INIT;

	if (reply->status == 304) {
		finish(resolve, NULL, &resolve->known, &err);
		return;
	}
	memcpy(given.etag, reply->etag, sizeof(given.etag));
	if (manifest_verify(buf_text(&reply->body), reply->body.len, reply->content_type, asked,
			    reply->digest, &facts, &err) < 0)
		refuse(resolve, answer, &err);
	else
		finish(resolve, &facts, &given, &err);
}

/* Is it a registry that does not know HEAD? Then GET may still work. */
static bool is_head_unknown(const struct err *err)
{
	return err->http_status == 405 || err->http_status == 501;
}

static void on_answer(void *user, const struct query_answer *answer, const struct err *err)
{
	struct resolve *resolve = user;
	struct err why = ERR_INIT;

	resolve->query = NULL;
	if (err_is_set(err) && resolve->state == RESOLVE_HEAD && is_head_unknown(err)) {
		resolve->asked[0] = '\0';
		if (ask(resolve, RESOLVE_BYTES, &why) < 0)
			fail(resolve, &why);
	} else if (err_is_set(err) && resolve->state == RESOLVE_BYTES) {
		go_on(resolve, err);
	} else if (err_is_set(err)) {
		fail(resolve, err);
	} else if (resolve->state == RESOLVE_HEAD) {
		after_head(resolve, answer);
	} else {
		after_bytes(resolve, answer);
	}
}

static int ask(struct resolve *resolve, enum resolve_state state, struct err *err)
{
	bool is_by_digest = state == RESOLVE_BYTES && resolve->asked[0] != '\0';
	char path[REFERENCE_NAME_SIZE + TEXT_SIZE + 32];
	struct query_request request = {
		.reference = &resolve->reference,
		.credentials = &resolve->credentials,
		.what = resolve->what,
		.method = state == RESOLVE_HEAD ? "HEAD" : "GET",
		.path = path,
		.kind = REPLY_MANIFEST,
		.max_body = REGISTRY_MAX_MANIFEST,
		.first_place = resolve->first_place,
		.known = state == RESOLVE_BYTES && !is_by_digest ? &resolve->known : NULL,
	};

	snprintf(path, sizeof(path), "/v2/%s/manifests/%s", resolve->reference.name,
		 is_by_digest ? resolve->asked : resolve->text);
	resolve->state = state;
	return query_start(resolve->hosts, &request, on_answer, resolve, &resolve->query, err);
}

int resolve_start(struct hosts *hosts, const struct reference *reference, const char *text,
		  const struct credentials *credentials, const struct validator *known, resolve_recall_fn recall,
		  resolve_done_fn done, void *user, struct resolve **ret_resolve, struct err *err)
{
	struct resolve *resolve;
	char quoted[QUOTE_SIZE];
	int r;

	if (!digest_is_valid(text) && !reference_is_tag(text))
		return err_set(err, ERR_INPUT, "\"%s\" is neither a tag nor a sha256 digest",
			       quote(text, quoted));
	resolve = memory_alloc(sizeof(*resolve));
	*resolve = (struct resolve){
		.hosts = hosts, .reference = *reference, .recall = recall, .done = done, .user = user
	};
	snprintf(resolve->text, sizeof(resolve->text), "%s", text);
	snprintf(resolve->what, sizeof(resolve->what), "%s%c%s", reference->name,
		 digest_is_valid(text) ? '@' : ':', text);
	if (known != NULL)
		resolve->known = *known;
	r = credentials_copy(&resolve->credentials, credentials, err);
	if (r == 0)
		r = ask(resolve, RESOLVE_HEAD, err);
	if (r < 0) {
		resolve_destroy(resolve);
		return r;
	}
	*ret_resolve = resolve;
	return 0;
}

void resolve_cancel(struct resolve *resolve)
{
	query_cancel(resolve->query);
	resolve_destroy(resolve);
}
