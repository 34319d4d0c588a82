#include "registry/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "registry/call.h"
#include "registry/complaint.h"
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
	char *known; /* the ETag to ask with; NULL: none */
	struct call *call;
	resolve_recall_fn recall;
	resolve_done_fn done;
	void *user;
};

static int ask(struct resolve *resolve, enum resolve_state state, struct err *err);

static void resolve_destroy(struct resolve *resolve)
{
	credentials_finish(&resolve->credentials);
	free(resolve->known);
	free(resolve);
}

static void finish(struct resolve *resolve, const struct manifest_facts *facts, const char *etag,
		   const struct err *err)
{
	resolve->done(resolve->user, facts, etag, err);
	resolve_destroy(resolve);
}

/* Ends in "registry H, shop/web:v1: why". */
static int complain(const struct resolve *resolve, const struct err *why, struct err *err)
{
	struct complaint_subject subject = {
		.host = resolve->reference.host,
		.what = resolve->what,
		.has_credentials = resolve->credentials.basic != NULL,
	};

	return complaint_of_content(&subject, why, err);
}

/* Takes the digest out of the HEAD's answer into asked; "" when the registry gave none. */
static int read_digest(struct resolve *resolve, const struct reply *reply, struct err *err)
{
	struct err why = ERR_INIT;
	char quoted[QUOTE_SIZE];

	if (reply->digest[0] != '\0' && !digest_is_valid(reply->digest))
		(void)err_set(&why, ERR_INPUT, "Docker-Content-Digest is \"%s\", which is no sha256 digest",
			      quote(reply->digest, quoted));
	else if (reply->digest[0] != '\0' && digest_is_valid(resolve->text) &&
		 !str_equal(reply->digest, resolve->text))
		(void)err_set(&why, ERR_INPUT, "Docker-Content-Digest says %s", reply->digest);
	if (err_is_set(&why))
		return complain(resolve, &why, err);
	if (reply->digest[0] != '\0')
		memcpy(resolve->asked, reply->digest, sizeof(resolve->asked));
	return 0;
}

/* HEAD was answered: done when its digest is known, else on to the bytes. */
static void after_head(struct resolve *resolve, const struct reply *reply)
{
	const struct manifest_facts *facts = NULL;
	struct err err = ERR_INIT;
	int r = read_digest(resolve, reply, &err);

	if (r == 0 && resolve->asked[0] != '\0')
		facts = resolve->recall(resolve->user, &resolve->reference, resolve->asked);
	if (r == 0 && facts == NULL)
		r = ask(resolve, RESOLVE_BYTES, &err);
	if (r < 0 || facts != NULL)
		finish(resolve, facts, "", &err);
}

/* The manifest came: it has to be what was asked for. */
static void after_bytes(struct resolve *resolve, const struct reply *reply)
{
	const char *asked = digest_is_valid(resolve->text) ? resolve->text : resolve->asked;
	struct manifest_facts facts;
	struct err why = ERR_INIT;
	struct err err = ERR_INIT;

	if (reply->status == 304) {
		finish(resolve, NULL, resolve->known, &err);
		return;
	}
	if (manifest_verify(buf_text(&reply->body), reply->body.len, reply->content_type, asked,
			    reply->digest, &facts, &why) < 0)
		(void)complain(resolve, &why, &err);
	finish(resolve, err_is_set(&err) ? NULL : &facts, reply->etag, &err);
}

/* Is it a registry that does not know HEAD? Then GET may still work. */
static bool is_head_unknown(const struct err *err)
{
	return err->http_status == 405 || err->http_status == 501;
}

static void on_answer(void *user, const struct reply *reply, const char *path, const struct err *err)
{
	struct resolve *resolve = user;
	struct err why = ERR_INIT;

	(void)path;
	resolve->call = NULL;
	if (err_is_set(err) && resolve->state == RESOLVE_HEAD && is_head_unknown(err)) {
		resolve->asked[0] = '\0';
		if (ask(resolve, RESOLVE_BYTES, &why) < 0)
			finish(resolve, NULL, "", &why);
	} else if (err_is_set(err)) {
		finish(resolve, NULL, "", err);
	} else if (resolve->state == RESOLVE_HEAD) {
		after_head(resolve, reply);
	} else {
		after_bytes(resolve, reply);
	}
}

static int ask(struct resolve *resolve, enum resolve_state state, struct err *err)
{
	bool is_by_digest = state == RESOLVE_BYTES && resolve->asked[0] != '\0';
	char path[REFERENCE_NAME_SIZE + TEXT_SIZE + 32];
	struct call_request request = {
		.reference = &resolve->reference,
		.credentials = &resolve->credentials,
		.what = resolve->what,
		.method = state == RESOLVE_HEAD ? "HEAD" : "GET",
		.path = path,
		.kind = REPLY_MANIFEST,
		.max_body = REGISTRY_MAX_MANIFEST,
		.if_none_match = state == RESOLVE_BYTES && !is_by_digest ? resolve->known : NULL,
	};

	snprintf(path, sizeof(path), "/v2/%s/manifests/%s", resolve->reference.name,
		 is_by_digest ? resolve->asked : resolve->text);
	resolve->state = state;
	return call_start(resolve->hosts, &request, on_answer, resolve, &resolve->call, err);
}

int resolve_start(struct hosts *hosts, const struct reference *reference, const char *text,
		  const struct credentials *credentials, const char *etag, resolve_recall_fn recall,
		  resolve_done_fn done, void *user, struct resolve **ret_resolve, struct err *err)
{
	struct resolve *resolve;
	char quoted[QUOTE_SIZE];
	int r;

	if (!digest_is_valid(text) && !reference_is_tag(text))
		return err_set(err, ERR_INPUT, "\"%s\" is neither a tag nor a sha256 digest",
			       quote(text, quoted));
	resolve = calloc(1, sizeof(*resolve));
	CHECK(resolve != NULL);
	*resolve = (struct resolve){
		.hosts = hosts, .reference = *reference, .recall = recall, .done = done, .user = user
	};
	snprintf(resolve->text, sizeof(resolve->text), "%s", text);
	snprintf(resolve->what, sizeof(resolve->what), "%s%c%s", reference->name,
		 digest_is_valid(text) ? '@' : ':', text);
	if (etag != NULL) {
		resolve->known = strdup(etag);
		CHECK(resolve->known != NULL);
	}
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
	call_cancel(resolve->call);
	resolve_destroy(resolve);
}
