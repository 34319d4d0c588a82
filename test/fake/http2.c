#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fake/script.h"
#include "fake/server_internal.h"

#define REQUEST_LIMIT ((size_t)64 << 20)
#define HEADERS_MAX 32

struct http2 {
	struct conn *conn;
	nghttp2_session *session;
	struct vec requests; /* struct incoming *, that are not complete yet */
};

/* What has come of a request so far; the user data of its stream. */
struct incoming {
	char *method;
	char *target;
	struct buf headers;
	struct buf body;
};

/* ---- requests ---- */

static void incoming_free(struct http2 *http2, struct incoming *incoming)
{
	if (incoming == NULL)
		return;
	for (size_t i = 0; i < http2->requests.len; i++) {
		if (http2->requests.items[i] == incoming) {
			vec_remove_unordered(&http2->requests, i);
			break;
		}
	}
	free(incoming->method);
	free(incoming->target);
	buf_finish(&incoming->headers);
	buf_finish(&incoming->body);
	free(incoming);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct http2 *http2 = user;
	struct incoming *incoming;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	incoming = calloc(1, sizeof(*incoming));
	CHECK(incoming != NULL);
	incoming->headers = BUF_INIT(REQUEST_LIMIT);
	incoming->body = BUF_INIT(REQUEST_LIMIT);
	vec_push(&http2->requests, incoming);
	return nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, incoming);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user)
{
	struct incoming *incoming =
		nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);

	(void)flags, (void)user, (void)name_len;
	CHECK(incoming != NULL);
	if (strcmp((const char *)name, ":method") == 0)
		incoming->method = strndup((const char *)value, value_len);
	else if (strcmp((const char *)name, ":path") == 0)
		incoming->target = strndup((const char *)value, value_len);
	else
		CHECK(buf_printf(&incoming->headers, NULL, "%s: %.*s\r\n", (const char *)name,
				 (int)value_len, (const char *)value) == 0);
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *bytes,
		   size_t len, void *user)
{
	struct incoming *incoming = nghttp2_session_get_stream_user_data(session, stream);

	(void)flags, (void)user;
	CHECK(incoming != NULL &&
	      buf_append(&incoming->body, (const char *)bytes, len, NULL) == 0);
	return 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct http2 *http2 = user;
	struct incoming *incoming;

	if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
	    !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	incoming = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	CHECK(incoming != NULL && incoming->method != NULL && incoming->target != NULL);
	server_answer(http2->conn,
		      &(struct script_request){ .method = incoming->method,
						.target = incoming->target,
						.headers = (char *)(uintptr_t)buf_text(
							&incoming->headers),
						.body = (char *)(uintptr_t)buf_text(&incoming->body),
						.body_len = incoming->body.len },
		      frame->hd.stream_id);
	(void)nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, NULL);
	incoming_free(http2, incoming);
	return 0;
}

static struct reply *find_reply(const struct http2 *http2, int32_t stream)
{
	const struct vec *replies = &http2->conn->replies;

	for (size_t i = 0; i < replies->len; i++) {
		struct reply *reply = replies->items[i];

		if (reply->stream == stream)
			return reply;
	}
	return NULL;
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t code, void *user)
{
	struct reply *reply = find_reply(user, stream);

	(void)code;
	incoming_free(user, nghttp2_session_get_stream_user_data(session, stream));
	if (reply != NULL)
		reply_drop(reply);
	return 0;
}

/* ---- replies ---- */

/* Sends what the session has to say. */
static void flush(struct http2 *http2)
{
	const uint8_t *bytes;
	ssize_t len;

	while ((len = nghttp2_session_mem_send(http2->session, &bytes)) > 0)
		conn_send(http2->conn, (const char *)bytes, (size_t)len);
	CHECK(len == 0);
	if (!nghttp2_session_want_read(http2->session) &&
	    !nghttp2_session_want_write(http2->session))
		conn_close(http2->conn, false);
}

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *bytes, size_t room,
			 uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct reply *reply = find_reply(user, stream);
	size_t len;

	(void)session, (void)source;
	CHECK(reply != NULL);
	len = reply->released - reply->framed;
	len = len < room ? len : room;
	if (len > 0)
		memcpy(bytes, reply->out.data + reply->framed, len);
	reply->framed += len;
	if (reply->is_all_released && reply->end == FAKE_KEEP &&
	    reply->framed == reply->released)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (len == 0)
		return NGHTTP2_ERR_DEFERRED;
	return (ssize_t)len;
}

static nghttp2_nv field(char *name, char *value)
{
	return (nghttp2_nv){ .name = (uint8_t *)name,
			     .namelen = strlen(name),
			     .value = (uint8_t *)value,
			     .valuelen = strlen(value) };
}

/* Cuts "Name: value\r\n" lines into fields; HTTP/2 wants their names in small letters. */
static size_t cut_headers(char *lines, nghttp2_nv *fields, size_t count)
{
	char *rest = NULL;

	for (char *line = strtok_r(lines, "\r\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\r\n", &rest)) {
		char *colon = strchr(line, ':');

		CHECK(colon != NULL && count < HEADERS_MAX);
		*colon = '\0';
		for (char *letter = line; *letter != '\0'; letter++) {
			if (*letter >= 'A' && *letter <= 'Z')
				*letter = (char)(*letter + 'a' - 'A');
		}
		fields[count++] = field(line, colon + 1 + strspn(colon + 1, " "));
	}
	return count;
}

void http2_answer(struct reply *reply)
{
	struct http2 *http2 = reply->conn->http2;
	const struct fake_step *step = reply->conn->server->steps[reply->step].step;
	nghttp2_data_provider body = { .read_callback = give_body };
	nghttp2_nv fields[HEADERS_MAX];
	char status[16];
	char *lines = strdup(step->reply_headers != NULL ? step->reply_headers : "");

	CHECK(lines != NULL && step->raw == NULL);
	(void)snprintf(status, sizeof(status), "%d", step->status);
	fields[0] = field((char *)(uintptr_t)":status", status);
	CHECK(nghttp2_submit_response(http2->session, reply->stream, fields,
				      cut_headers(lines, fields, 1), &body) == 0);
	free(lines);
}

void http2_resume(struct reply *reply)
{
	struct http2 *http2 = reply->conn->http2;

	(void)nghttp2_session_resume_data(http2->session, reply->stream);
	flush(http2);
}

void http2_reset(struct reply *reply)
{
	struct http2 *http2 = reply->conn->http2;

	reply->end = FAKE_HOLD; /* once */
	CHECK(nghttp2_submit_rst_stream(http2->session, NGHTTP2_FLAG_NONE, reply->stream,
					NGHTTP2_INTERNAL_ERROR) == 0);
	flush(http2);
}

void http2_go_away(struct http2 *http2)
{
	int32_t last = nghttp2_session_get_last_proc_stream_id(http2->session);

	CHECK(nghttp2_submit_goaway(http2->session, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL,
				    0) == 0);
	flush(http2);
}

/* ---- the session ---- */

struct http2 *http2_create(struct conn *conn)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100 },
	};
	struct http2 *http2 = calloc(1, sizeof(*http2));
	nghttp2_session_callbacks *callbacks;

	CHECK(http2 != NULL && nghttp2_session_callbacks_new(&callbacks) == 0);
	http2->conn = conn;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	CHECK(nghttp2_session_server_new(&http2->session, callbacks, http2) == 0);
	nghttp2_session_callbacks_del(callbacks);
	CHECK(nghttp2_submit_settings(http2->session, NGHTTP2_FLAG_NONE, settings, 1) == 0);
	return http2;
}

void http2_read(struct http2 *http2, const char *bytes, size_t len)
{
	if (nghttp2_session_mem_recv(http2->session, (const uint8_t *)bytes, len) < 0) {
		server_complain(http2->conn->server, "this is no HTTP/2");
		conn_close(http2->conn, false);
		return;
	}
	if (!http2->conn->is_closing)
		flush(http2);
}

void http2_destroy(struct http2 *http2)
{
	if (http2 == NULL)
		return;
	nghttp2_session_del(http2->session);
	while (http2->requests.len > 0)
		incoming_free(http2, http2->requests.items[0]);
	vec_finish(&http2->requests);
	free(http2);
}
