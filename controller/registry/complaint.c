#include "registry/complaint.h"

#include <stdio.h>

#include "base/clock.h"
#include "registry/quote.h"
#include "wire/oci_json.h"

#define NAME_SIZE (2 * REFERENCE_HOST_SIZE + 64)

/* "registry H", or "token server S of registry H". */
static const char *name_of(const struct complaint_subject *subject, char ret[static NAME_SIZE])
{
	if (subject->server == NULL)
		snprintf(ret, NAME_SIZE, "registry %s", subject->host);
	else
		snprintf(ret, NAME_SIZE, "token server %s of registry %s", subject->server, subject->host);
	return ret;
}

/* ": " and what the error body says, in ret; "" when it says nothing. */
static const char *detail_of(const struct reply *reply, char ret[static QUOTE_SIZE + 2])
{
	struct arena arena = ARENA_INIT;
	char quoted[QUOTE_SIZE];
	const char *said = oci_error_from_json(buf_text(&reply->body), reply->body.len, &arena);

	ret[0] = '\0';
	if (said != NULL)
		snprintf(ret, QUOTE_SIZE + 2, ": %s", quote(said, quoted));
	arena_finish(&arena);
	return ret;
}

static int of_denial(const struct complaint_subject *subject, int status, const char *detail,
		     struct err *err)
{
	char name[NAME_SIZE];

	name_of(subject, name);
	if (status == 403)
		return err_set(err, ERR_DENIED, "%s forbids access to %s (403)%s%s", name, subject->what, detail,
			       subject->has_credentials ? "" : "; no pullSecretRef is set");
	if (subject->has_credentials)
		return err_set(err, ERR_DENIED, "%s refused the credentials for %s (401): check pullSecretRef",
			       name, subject->what);
	return err_set(err, ERR_DENIED, "%s wants credentials for %s (401): set pullSecretRef", name,
		       subject->what);
}

static int of_status(const struct complaint_subject *subject, const struct reply *reply,
		     struct err *err)
{
	char name[NAME_SIZE];
	char detail[QUOTE_SIZE + 2];
	char wait[CLOCK_TEXT_SIZE];
	int status = reply->status;

	name_of(subject, name);
	detail_of(reply, detail);
	if (status == 401 || status == 403)
		return of_denial(subject, status, detail, err);
	if (status == 404 && subject->server == NULL)
		return err_set(err, ERR_NOTFOUND, "%s has no %s (404)%s", name, subject->what, detail);
	if (status == 429 && reply->retry_after_ms > 0)
		return err_set(err, ERR_BUSY, "%s limits requests and asks to wait %s, asked for %s (429)", name,
			       clock_format_duration(reply->retry_after_ms, wait), subject->what);
	if (status == 429)
		return err_set(err, ERR_BUSY, "%s limits requests, asked for %s (429)", name, subject->what);
	if (status >= 500)
		return err_set(err, ERR_BUSY, "%s is in trouble: it answered %d for %s%s", name, status,
			       subject->what, detail);
	if (status == 304)
		return err_set(err, ERR_INPUT, "%s answered 304 (not modified) for %s, which it was not asked", name,
			       subject->what);
	if (status >= 300 && status < 400)
		return err_set(err, ERR_INPUT, "%s answered %d for %s; that redirect is not followed", name,
			       status, subject->what);
	return err_set(err, ERR_INPUT, "%s answered %d for %s%s", name, status, subject->what, detail);
}

int complaint_of_reply(const struct complaint_subject *subject, const struct reply *reply,
		       struct err *err)
{
	char name[NAME_SIZE];
	char quoted[QUOTE_SIZE];
	int r;

	name_of(subject, name);
	if (reply->verdict == REPLY_WRONG_TYPE)
		r = err_set(err, ERR_INPUT, "%s answered for %s with \"%s\", which is not %s", name,
			    subject->what, quote(reply->content_type, quoted),
			    reply->kind == REPLY_MANIFEST ? "a manifest that Sluice knows" : "JSON");
	else if (reply->verdict == REPLY_TOO_LONG)
		r = err_set(err, ERR_INPUT, "%s answered for %s with more than %zu bytes; cut off", name,
			    subject->what, reply->body.limit);
	else
		r = of_status(subject, reply, err);
	if (err != NULL && err->http_status == 0) {
		err->http_status = reply->status;
		err->retry_after_ms = reply->retry_after_ms;
	}
	return r;
}

int complaint_of_failure(const struct complaint_subject *subject, const struct err *why,
			 struct err *err)
{
	char name[NAME_SIZE];

	return err_set(err, why->class, "%s gave no answer for %s: %s", name_of(subject, name),
		       subject->what, why->text);
}

int complaint_of_block(const struct complaint_subject *subject, int64_t wait_ms, struct err *err)
{
	char name[NAME_SIZE];
	char wait[CLOCK_TEXT_SIZE];
	int64_t whole_ms = (wait_ms + 999) / 1000 * 1000;
	int r = err_set(err, ERR_BUSY, "%s asked to be left alone for %s more; %s waits", name_of(subject, name),
			clock_format_duration(whole_ms, wait), subject->what);

	if (err != NULL && err->retry_after_ms == 0)
		err->retry_after_ms = wait_ms;
	return r;
}

int complaint_of_content(const struct complaint_subject *subject, const struct err *why,
			 struct err *err)
{
	char name[NAME_SIZE];
	int r = err_set(err, why->class, "%s, %s: %s", name_of(subject, name), subject->what, why->text);

	if (err != NULL && err->http_status == 0) {
		err->http_status = why->http_status;
		err->retry_after_ms = why->retry_after_ms;
	}
	return r;
}
