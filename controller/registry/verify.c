#include "registry/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "domain/digest.h"
#include "registry/call.h"
#include "registry/complaint.h"
#include "registry/link.h"
#include "registry/manifest.h"
#include "registry/quote.h"
#include "wire/signature_json.h"

enum step_kind {
	STEP_REFERRERS,  /* the list of what refers to the digest */
	STEP_INDEX,      /* the same by its tag */
	STEP_BUNDLES,    /* a manifest that refers to it: its layer is a bundle */
	STEP_BUNDLE,
	STEP_SIGNATURES, /* the manifest whose layers are payloads */
	STEP_PAYLOAD,
};

/* Something to ask for. Its texts are in the arena. */
struct step {
	enum step_kind kind;
	const char *path;
	const char *what;   /* for sentences */
	const char *digest; /* "": asked for by tag */
	int64_t size;       /* of a blob: what its descriptor says */
	const char *signature;
};

struct verify {
	struct hosts *hosts;
	struct arena arena;
	struct reference reference;
	char digest[DIGEST_SIZE];
	struct signature_policy policy;
	struct credentials credentials;
	struct vec steps;  /* struct step *, the next one last */
	struct step *step; /* under way */
	struct call *call;
	int pages;
	size_t bundles;    /* steps made, for the limits */
	size_t payloads;
	struct verdict verdict;
	struct err trouble; /* something could not be asked: without it "not signed" means nothing */
	verify_done_fn done;
	void *user;
};

size_t verify_count(const struct verdict *verdict)
{
	return (size_t)__builtin_popcount(verdict->signers);
}

static void verify_destroy(struct verify *verify)
{
	credentials_finish(&verify->credentials);
	vec_finish(&verify->steps);
	arena_finish(&verify->arena);
	free(verify);
}

/* ---- steps ---- */

static struct step *push(struct verify *verify, enum step_kind kind, const char *path, const char *what)
{
	struct step *step = arena_new(&verify->arena, struct step);

	*step = (struct step){ .kind = kind, .path = path, .what = what, .digest = "" };
	vec_push(&verify->steps, step);
	return step;
}

static void push_tag(struct verify *verify, enum step_kind kind, const char *suffix)
{
	const char *name = verify->reference.name;
	const char *hex = verify->digest + strlen("sha256:");
	struct arena *arena = &verify->arena;

	push(verify, kind, arena_printf(arena, "/v2/%s/manifests/sha256-%s%s", name, hex, suffix),
	     arena_printf(arena, "%s:sha256-%s%s", name, hex, suffix));
}

/* A manifest or a blob that a document names. */
static struct step *push_part(struct verify *verify, enum step_kind kind, const struct signature_part *part)
{
	const char *name = verify->reference.name;
	const char *kind_path = kind == STEP_BUNDLES ? "manifests" : "blobs";
	struct arena *arena = &verify->arena;
	struct step *step = push(verify, kind, arena_printf(arena, "/v2/%s/%s/%s", name, kind_path, part->digest),
				 arena_printf(arena, "%s@%s", name, part->digest));

	step->digest = part->digest;
	step->size = part->size;
	step->signature = part->signature;
	return step;
}

/* The first thing that does not count is worth saying. */
static void note(struct verify *verify, const char *digest, const char *why)
{
	char shorter[DIGEST_SHORT_SIZE];

	if (verify->verdict.note[0] != '\0')
		return;
	(void)snprintf(verify->verdict.note, VERIFY_NOTE_SIZE, "%s%s%s",
		       digest_is_valid(digest) ? digest_shorten(digest, shorter) : "",
		       digest_is_valid(digest) ? " " : "", why);
}

/* May a part be asked for? */
static bool is_usable(struct verify *verify, const struct signature_part *part, size_t max, size_t *count)
{
	if (!digest_is_valid(part->digest)) {
		note(verify, "", "a signature is listed without a sha256 digest");
	} else if (part->size < 0 || (uint64_t)part->size > max) {
		note(verify, part->digest, "is too large, or of no size");
	} else if (*count == VERIFY_SIGNATURES_MAX) {
		note(verify, part->digest, "was not looked at: there are too many");
	} else {
		(*count)++;
		return true;
	}
	return false;
}

/* ---- answers ---- */

/* Signatures of other things than the image (SBOMs, provenance) come in bundles, too. */
static bool is_signature_bundle(const struct signature_part *part)
{
	return str_equal(part->artifact_type, SIGNATURE_BUNDLE_TYPE) &&
	       (part->predicate_type == NULL || str_equal(part->predicate_type, SIGNATURE_PREDICATE_TYPE));
}

static int take_referrers(struct verify *verify, const char *json, size_t len, struct err *err)
{
	struct signature_parts parts;

	if (signature_referrers_from_json(json, len, &verify->arena, &parts, err) < 0)
		return err->class;
	for (size_t i = 0; i < parts.count; i++) {
		if (is_signature_bundle(&parts.items[i]) &&
		    is_usable(verify, &parts.items[i], SIGNATURE_MANIFEST_MAX, &verify->bundles))
			push_part(verify, STEP_BUNDLES, &parts.items[i]);
	}
	return 0;
}

/* The list of referrers may have a next page. */
static int follow_pages(struct verify *verify, const struct reply *reply, const char *path, struct err *err)
{
	const struct host *host = hosts_find(verify->hosts, verify->reference.authority);
	char target[ORIGIN_PATH_SIZE];
	char next[ORIGIN_PATH_SIZE];
	int r = link_next(reply->link, strlen(reply->link), target, err);

	if (r < 0 || target[0] == '\0')
		return r;
	if (++verify->pages == VERIFY_PAGES_MAX)
		return err_set(err, ERR_INPUT, "more than %d pages of referrers", VERIFY_PAGES_MAX);
	r = origin_follow(&host->origin, path, target, next, err);
	if (r == 0)
		push(verify, STEP_REFERRERS, arena_strdup(&verify->arena, next), verify->step->what);
	return r;
}

static int take_layers(struct verify *verify, const char *json, size_t len, struct err *err)
{
	bool is_bundle = verify->step->kind == STEP_BUNDLES;
	const char *type = is_bundle ? SIGNATURE_BUNDLE_TYPE : SIGNATURE_PAYLOAD_TYPE;
	struct signature_parts parts;
	size_t bundle = VERIFY_SIGNATURES_MAX - 1; /* one to a manifest */
	char why[2 * QUOTE_SIZE];
	char quoted[QUOTE_SIZE];

	if (signature_layers_from_json(json, len, &verify->arena, &parts, err) < 0)
		return err->class;
	for (size_t i = 0; i < parts.count; i++) {
		const struct signature_part *part = &parts.items[i];

		if (!str_equal(part->media_type, type)) {
			(void)snprintf(why, sizeof(why), "is of the type \"%s\"",
				       part->media_type == NULL ? "" : quote(part->media_type, quoted));
			note(verify, part->digest, why);
		} else if (is_usable(verify, part, SIGNATURE_PAYLOAD_MAX, is_bundle ? &bundle : &verify->payloads)) {
			push_part(verify, is_bundle ? STEP_BUNDLE : STEP_PAYLOAD, part);
		}
	}
	return 0;
}

static int take_manifest(struct verify *verify, const struct reply *reply, const char *path, struct err *err)
{
	bool is_list = verify->step->kind == STEP_REFERRERS || verify->step->kind == STEP_INDEX;
	const char *json = buf_text(&reply->body);
	struct manifest_facts facts;
	int r = manifest_verify(json, reply->body.len, reply->content_type, verify->step->digest, reply->digest,
				&facts, err);

	if (r == 0 && facts.is_index != is_list)
		r = err_set(err, ERR_INPUT, "it is %s", facts.is_index ? "an index" : "no index");
	if (r == 0)
		r = is_list ? take_referrers(verify, json, reply->body.len, err)
			    : take_layers(verify, json, reply->body.len, err);
	if (r == 0 && verify->step->kind == STEP_REFERRERS)
		r = follow_pages(verify, reply, path, err);
	return r;
}

/* Are the bytes those that the descriptor named? */
static int check_bytes(const struct step *step, const struct buf *body, struct err *err)
{
	char hex[SHA256_HEX_SIZE];

	sha256_hex(buf_text(body), body->len, hex);
	if (!str_equal(hex, step->digest + strlen("sha256:")))
		return err_set(err, ERR_INPUT, "has other bytes than its digest says");
	if ((int64_t)body->len != step->size)
		return err_set(err, ERR_INPUT, "has another size than its manifest says");
	return 0;
}

/* A payload or a bundle is here: does it count? */
static int take_signature(struct verify *verify, const struct reply *reply, struct err *err)
{
	const struct signature_subject subject = { &verify->reference, verify->digest };
	const struct step *step = verify->step;
	const char *bytes = buf_text(&reply->body);
	size_t len = reply->body.len;
	size_t signer = 0;
	int r = check_bytes(step, &reply->body, err);

	verify->verdict.found++;
	if (r == 0 && step->kind == STEP_BUNDLE)
		r = signature_check_bundle(&verify->policy, &subject, bytes, len, &signer, err);
	else if (r == 0)
		r = signature_check_payload(&verify->policy, &subject, bytes, len, step->signature, &signer, err);
	if (r == 0)
		verify->verdict.signers |= UINT32_C(1) << signer;
	return r;
}

/* ---- what goes wrong ---- */

/* Is it how a registry answers that does not know the referrers API? */
static bool has_no_referrers(const struct err *err)
{
	return err->http_status == 404 || err->http_status == 400 || err->http_status == 405 ||
	       err->http_status == 406 || err->http_status == 501;
}

/* Is the step about one signature of several? */
static bool is_about_one(const struct step *step)
{
	return step->kind == STEP_BUNDLES || step->kind == STEP_BUNDLE || step->kind == STEP_PAYLOAD;
}

/* A step came to nothing. Negative: there is no use in going on. */
static int take_failure(struct verify *verify, const struct err *err)
{
	if (verify->step->kind == STEP_REFERRERS && has_no_referrers(err)) {
		push_tag(verify, STEP_INDEX, "");
		return 0;
	}
	if (is_about_one(verify->step) && (err->class == ERR_NOTFOUND || err->class == ERR_INPUT)) {
		note(verify, verify->step->digest, err->class == ERR_NOTFOUND ? "is not there" : err->text);
		return 0;
	}
	if (err->class == ERR_NOTFOUND)
		return 0;
	if (!err_is_set(&verify->trouble))
		verify->trouble = *err;
	return err->class == ERR_INPUT || err->class == ERR_DENIED ? 0 : err->class;
}

/* What a document says is wrong with it, as a whole sentence unless it goes into the note. */
static int take_answer(struct verify *verify, const struct reply *reply, const char *path)
{
	struct complaint_subject subject = { .host = verify->reference.host, .what = verify->step->what };
	bool is_blob = verify->step->kind == STEP_BUNDLE || verify->step->kind == STEP_PAYLOAD;
	struct err why = ERR_INIT;
	struct err whole = ERR_INIT;
	int r = is_blob ? take_signature(verify, reply, &why) : take_manifest(verify, reply, path, &why);

	if (r == 0)
		return 0;
	if (is_about_one(verify->step))
		return take_failure(verify, &why);
	(void)complaint_of_content(&subject, &why, &whole);
	return take_failure(verify, &whole);
}

/* ---- one request after the other ---- */

static int go_on(struct verify *verify, struct err *err);

static void finish(struct verify *verify)
{
	bool is_known = verify_count(&verify->verdict) >= verify->policy.threshold || !err_is_set(&verify->trouble);

	verify->done(verify->user, is_known ? &verify->verdict : NULL, is_known ? &ERR_INIT : &verify->trouble);
	verify_destroy(verify);
}

static void on_answer(void *user, const struct reply *reply, const char *path, const struct err *err)
{
	struct verify *verify = user;
	struct err why = ERR_INIT;
	int r;

	verify->call = NULL;
	r = err_is_set(err) ? take_failure(verify, err) : take_answer(verify, reply, path);
	if (r == 0) {
		r = go_on(verify, &why);
		if (r < 0 && !err_is_set(&verify->trouble))
			verify->trouble = why;
	}
	if (r <= 0)
		finish(verify);
}

static int ask(struct verify *verify, struct err *err)
{
	const struct step *step = verify->step;
	bool is_blob = step->kind == STEP_BUNDLE || step->kind == STEP_PAYLOAD;
	struct call_request request = {
		.reference = &verify->reference,
		.credentials = &verify->credentials,
		.what = step->what,
		.method = "GET",
		.path = step->path,
		.kind = is_blob ? REPLY_BLOB : REPLY_MANIFEST,
		.max_body = is_blob ? SIGNATURE_PAYLOAD_MAX : SIGNATURE_MANIFEST_MAX,
	};

	return call_start(verify->hosts, &request, on_answer, verify, &verify->call, err);
}

/* Takes the next step. Returns 1 when it does, 0 when enough is known or nothing is left. */
static int go_on(struct verify *verify, struct err *err)
{
	int r;

	if (verify->steps.len == 0 || verify_count(&verify->verdict) >= verify->policy.threshold)
		return 0;
	verify->step = verify->steps.items[--verify->steps.len];
	r = ask(verify, err);
	return r < 0 ? r : 1;
}

int verify_start(struct hosts *hosts, const struct reference *reference, const char *digest,
		 const struct signature_policy *policy, const struct credentials *credentials, verify_done_fn done,
		 void *user, struct verify **ret_verify, struct err *err)
{
	struct verify *verify = calloc(1, sizeof(*verify));
	struct arena *arena;
	int r;

	CHECK(verify != NULL && policy->threshold > 0);
	*verify = (struct verify){
		.hosts = hosts, .reference = *reference, .policy = *policy, .done = done, .user = user
	};
	arena = &verify->arena;
	(void)snprintf(verify->digest, sizeof(verify->digest), "%s", digest);
	push_tag(verify, STEP_SIGNATURES, ".sig");
	push(verify, STEP_REFERRERS,
	     arena_printf(arena, "/v2/%s/referrers/%s?artifactType=application%%2Fvnd.dev.sigstore.bundle.v0.3%%2Bjson",
			  reference->name, digest),
	     arena_printf(arena, "the referrers of %s@%s", reference->name, digest));
	r = credentials_copy(&verify->credentials, credentials, err);
	if (r == 0)
		r = go_on(verify, err);
	if (r < 0) {
		verify_destroy(verify);
		return r;
	}
	*ret_verify = verify;
	return 0;
}

void verify_cancel(struct verify *verify)
{
	call_cancel(verify->call);
	verify_destroy(verify);
}
