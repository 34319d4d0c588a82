#include "registry/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "domain/digest.h"
#include "registry/complaint.h"
#include "registry/link.h"
#include "registry/manifest.h"
#include "registry/mirror.h"
#include "registry/query.h"
#include "registry/quote.h"
#include "registry/steps.h"
#include "wire/signature_json.h"

struct verify {
	struct hosts *hosts;
	struct steps steps;
	struct signature_policy policy;
	struct credentials credentials;
	const struct step *step; /* under way */
	struct query *query;
	size_t first_place; /* in the first round the mirrors are asked, too */
	bool has_asked_mirror;
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
	steps_finish(&verify->steps);
	free(verify);
}

/* ---- answers ---- */

/* The first thing that does not count is worth saying. */
static void note(struct verify *verify, const char *digest, const char *why)
{
	size_t room = VERIFY_NOTE_SIZE - DIGEST_SHORT_SIZE - 1;
	char shorter[DIGEST_SHORT_SIZE];

	if (verify->verdict.note[0] != '\0')
		return;
	(void)snprintf(verify->verdict.note, VERIFY_NOTE_SIZE, "%s%s%.*s",
		       digest_is_valid(digest) ? digest_shorten(digest, shorter) : "",
		       digest_is_valid(digest) ? " " : "", (int)str_cut_utf8(why, room), why);
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

/* Signatures of other things than the image (SBOMs, provenance) come in bundles, too. */
static bool is_signature_bundle(const struct signature_part *part)
{
	return str_equal(part->artifact_type, SIGNATURE_BUNDLE_TYPE) &&
	       (part->predicate_type == NULL || str_equal(part->predicate_type, SIGNATURE_PREDICATE_TYPE));
}

static int take_referrers(struct verify *verify, const char *json, size_t len, struct err *err)
{
	struct signature_parts parts;

	if (signature_referrers_from_json(json, len, &verify->steps.arena, &parts, err) < 0)
		return err->class;
	for (size_t i = 0; i < parts.count; i++) {
		if (is_signature_bundle(&parts.items[i]) &&
		    is_usable(verify, &parts.items[i], SIGNATURE_MANIFEST_MAX, &verify->bundles))
			steps_push_part(&verify->steps, STEP_BUNDLES, &parts.items[i]);
	}
	return 0;
}

/* The list of referrers may have a next page. */
static int follow_pages(struct verify *verify, const struct query_answer *answer, struct err *err)
{
	char target[ORIGIN_PATH_SIZE];
	char next[ORIGIN_PATH_SIZE];
	int r = link_next(answer->reply->link, strlen(answer->reply->link), target, err);

	if (r < 0 || target[0] == '\0')
		return r;
	if (++verify->pages == VERIFY_PAGES_MAX)
		return err_set(err, ERR_INPUT, "more than %d pages of referrers", VERIFY_PAGES_MAX);
	r = origin_follow(answer->origin, answer->path, target, next, err);
	if (r == 0)
		steps_push_page(&verify->steps, verify->step, next, answer->place);
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

	if (signature_layers_from_json(json, len, &verify->steps.arena, &parts, err) < 0)
		return err->class;
	for (size_t i = 0; i < parts.count; i++) {
		const struct signature_part *part = &parts.items[i];

		if (!str_equal(part->media_type, type)) {
			(void)snprintf(why, sizeof(why), "is of the type \"%s\"",
				       part->media_type == NULL ? "" : quote(part->media_type, quoted));
			note(verify, part->digest, why);
		} else if (is_usable(verify, part, SIGNATURE_PAYLOAD_MAX, is_bundle ? &bundle : &verify->payloads)) {
			steps_push_part(&verify->steps, is_bundle ? STEP_BUNDLE : STEP_PAYLOAD, part);
		}
	}
	return 0;
}

static int take_manifest(struct verify *verify, const struct query_answer *answer, struct err *err)
{
	const struct reply *reply = answer->reply;
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
		r = follow_pages(verify, answer, err);
	return r;
}

/* A payload or a bundle is here: does it count? */
static int take_signature(struct verify *verify, const struct reply *reply, struct err *err)
{
	const struct signature_subject subject = { &verify->steps.reference, verify->steps.digest };
	const struct step *step = verify->step;
	const char *bytes = buf_text(&reply->body);
	size_t len = reply->body.len;
	size_t signer = 0;
	int r = manifest_verify_blob(bytes, len, step->digest, step->size, err);

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

/* A step came to nothing. Negative: there is no use in going on. */
static int take_failure(struct verify *verify, const struct err *err)
{
	/* A mirror may have one where the registry, which was asked last, cannot say. */
	bool is_mirrored = verify->first_place < mirrors_count(verify->hosts, &verify->steps.reference);
	bool is_list = verify->step->kind == STEP_REFERRERS;

	if (is_list && (has_no_referrers(err) || is_mirrored))
		steps_push_index(&verify->steps);
	if (is_list && has_no_referrers(err))
		return 0;
	if (step_is_about_one(verify->step) && (err->class == ERR_NOTFOUND || err->class == ERR_INPUT)) {
		note(verify, verify->step->digest, err->class == ERR_NOTFOUND ? "is not there" : err->text);
		return 0;
	}
	if (err->class == ERR_NOTFOUND)
		return 0;
	if (!err_is_set(&verify->trouble))
		verify->trouble = *err;
	return err_class_is_refusal(err->class) || is_mirrored ? 0 : err->class;
}

/* What a document says is wrong with it, as a whole sentence unless it goes into the note. */
static int take_answer(struct verify *verify, const struct query_answer *answer)
{
	struct complaint_subject subject = { .host = answer->host, .what = verify->step->what };
	struct err why = ERR_INIT;
	struct err whole = ERR_INIT;
	int r = step_is_blob(verify->step) ? take_signature(verify, answer->reply, &why)
					   : take_manifest(verify, answer, &why);

	verify->has_asked_mirror |= answer->is_mirror;
	if (r == 0)
		return 0;
	if (step_is_about_one(verify->step))
		return take_failure(verify, &why);
	(void)complaint_of_content(&subject, &why, &whole);
	return take_failure(verify, &whole);
}

/* ---- one request after the other ---- */

static int go_on(struct verify *verify, struct err *err);

/* A mirror need not have what was pushed beside an image: what it does not show is looked for at the registry. Returns 1
 * when it is. */
static int begin_again(struct verify *verify, struct err *err)
{
	verify->first_place = mirrors_count(verify->hosts, &verify->steps.reference);
	verify->has_asked_mirror = false;
	verify->pages = 0;
	verify->bundles = 0;
	verify->payloads = 0;
	verify->verdict = (struct verdict){ .signers = 0 };
	verify->trouble = ERR_INIT;
	steps_begin(&verify->steps);
	return go_on(verify, err);
}

static void finish(struct verify *verify)
{
	bool is_enough = verify_count(&verify->verdict) >= verify->policy.threshold;
	bool is_known;

	if (!is_enough && verify->has_asked_mirror && begin_again(verify, &verify->trouble) > 0)
		return;
	is_known = is_enough || !err_is_set(&verify->trouble);
	verify->done(verify->user, is_known ? &verify->verdict : NULL, is_known ? &ERR_INIT : &verify->trouble);
	verify_destroy(verify);
}

static void on_answer(void *user, const struct query_answer *answer, const struct err *err)
{
	struct verify *verify = user;
	struct err why = ERR_INIT;
	int r;

	verify->query = NULL;
	r = err_is_set(err) ? take_failure(verify, err) : take_answer(verify, answer);
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
	bool is_blob = step_is_blob(step);
	struct query_request request = {
		.reference = &verify->steps.reference,
		.credentials = &verify->credentials,
		.what = step->what,
		.method = "GET",
		.path = step->path,
		.kind = is_blob ? REPLY_BLOB : REPLY_MANIFEST,
		.max_body = is_blob ? SIGNATURE_PAYLOAD_MAX : SIGNATURE_MANIFEST_MAX,
		.first_place = step->is_there_only ? step->place : verify->first_place,
		.is_there_only = step->is_there_only,
	};

	return query_start(verify->hosts, &request, on_answer, verify, &verify->query, err);
}

/* Takes the next step. Returns 1 when it does, 0 when enough is known or nothing is left. */
static int go_on(struct verify *verify, struct err *err)
{
	int r;

	if (verify_count(&verify->verdict) >= verify->policy.threshold)
		return 0;
	verify->step = steps_next(&verify->steps);
	if (verify->step == NULL)
		return 0;
	r = ask(verify, err);
	return r < 0 ? r : 1;
}

int verify_start(struct hosts *hosts, const struct reference *reference, const char *digest,
		 const struct signature_policy *policy, const struct credentials *credentials, verify_done_fn done,
		 void *user, struct verify **ret_verify, struct err *err)
{
	struct verify *verify = memory_alloc(sizeof(*verify));
	int r;

	CHECK(policy->threshold > 0);
	*verify = (struct verify){
		.hosts = hosts, .steps = { .reference = *reference }, .policy = *policy, .done = done, .user = user
	};
	(void)snprintf(verify->steps.digest, sizeof(verify->steps.digest), "%s", digest);
	steps_begin(&verify->steps);
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
	query_cancel(verify->query);
	verify_destroy(verify);
}
