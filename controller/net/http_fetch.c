#include <stdlib.h>

#include "net/http_internal.h"

struct fetch {
	http_answer_fn fn;
	void *user;
	struct http_head head;
	struct buf body;
	struct err err; /* when the body was longer than allowed */
};

static void on_head(void *user, const struct http_head *head)
{
	struct fetch *fetch = user;

	fetch->head = *head; /* its strings live until on_done returns */
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct fetch *fetch = user;

	if (buf_append(&fetch->body, bytes, len, &fetch->err) == 0)
		return true;
	err_prefix(&fetch->err, "the answer's body");
	return false;
}

static void on_done(void *user, int status, const struct err *err)
{
	struct fetch *fetch = user;
	struct http_answer answer = {
		.status = status,
		.head = fetch->head,
		.body = buf_text(&fetch->body),
		.body_len = fetch->body.len,
	};

	if (err_is_set(&fetch->err))
		err = &fetch->err;
	fetch->fn(fetch->user, err_is_set(err) ? NULL : &answer, err);
	buf_finish(&fetch->body);
	free(fetch);
}

int http_fetch(struct http *http, const struct http_request *request, size_t max_body,
	       http_answer_fn fn, void *user, struct http_exchange **ret_exchange, struct err *err)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int r;

	if (fetch == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an HTTP exchange");
	*fetch = (struct fetch){ .fn = fn, .user = user, .body = BUF_INIT(max_body) };
	r = http_start(http, request,
		       &(struct http_handler){ .on_head = on_head,
					       .on_bytes = on_bytes,
					       .on_done = on_done,
					       .user = fetch },
		       ret_exchange, err);
	if (r < 0)
		free(fetch);
	return r;
}
