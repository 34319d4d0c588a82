#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "fake/script.h"
#include "fake/server_internal.h"

#define OUT_LIMIT ((size_t)256 << 20)

static const struct fake_step *step_of(const struct reply *reply)
{
	return reply->conn->server->steps[reply->step].step;
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct reply *reply = handle->data;

	buf_finish(&reply->out);
	free(reply);
}

void reply_drop(struct reply *reply)
{
	struct conn *conn = reply->conn;

	conn->server->steps[reply->step].reply = NULL;
	for (size_t i = 0; i < conn->replies.len; i++) {
		if (conn->replies.items[i] == reply) {
			vec_remove_unordered(&conn->replies, i);
			break;
		}
	}
	uv_close((uv_handle_t *)&reply->timer, on_timer_closed);
}

/* With HTTP/2 a reply that ends well ends with its stream, and only that is reset. */
static void end_http2(struct reply *reply)
{
	if (reply->end == FAKE_RESET)
		http2_reset(reply);
	else if (reply->end == FAKE_CLOSE)
		conn_close(reply->conn, false);
}

void reply_go_on(struct reply *reply)
{
	struct conn *conn = reply->conn;

	if (!reply->is_all_released || conn->writes > 0 || reply->end == FAKE_HOLD)
		return;
	if (conn->http2 != NULL) {
		end_http2(reply);
	} else if (reply->end == FAKE_KEEP) {
		reply_drop(reply);
		http1_read(conn);
	} else {
		conn_close(conn, reply->end == FAKE_RESET);
	}
}

static void release(struct reply *reply, size_t len)
{
	const char *bytes = reply->out.data + reply->released;

	reply->released += len;
	if (reply->conn->http2 != NULL)
		http2_resume(reply);
	else if (len > 0)
		conn_send(reply->conn, bytes, len);
}

/* Sends the next piece of the reply, and the rest by and by. */
static void on_piece_due(uv_timer_t *timer)
{
	struct reply *reply = timer->data;
	const struct fake_step *step = step_of(reply);
	size_t left = reply->out.len - reply->released;
	size_t len = step->piece == 0 || step->piece > left ? left : step->piece;

	reply->is_all_released = len == left;
	if (!reply->is_all_released)
		(void)uv_timer_start(timer, on_piece_due,
				     step->gap_ms > 0 ? (uint64_t)step->gap_ms : 1, 0);
	release(reply, len);
	if (!uv_is_closing((uv_handle_t *)timer))
		reply_go_on(reply);
}

static void on_begin(uv_timer_t *timer)
{
	struct reply *reply = timer->data;
	const struct fake_step *step = step_of(reply);
	struct conn *conn = reply->conn;

	reply->began = conn->sent;
	if (conn->http2 != NULL && step->cut_after > 0)
		conn->sent_limit = conn->sent + step->cut_after;
	if (conn->http2 != NULL && step->status > 0)
		http2_answer(reply);
	on_piece_due(timer);
}

void reply_begin(struct conn *conn, size_t step, int32_t stream, const char *method)
{
	struct reply *reply = calloc(1, sizeof(*reply));
	const struct fake_step *script;

	CHECK(reply != NULL);
	reply->conn = conn;
	reply->step = step;
	reply->stream = stream;
	reply->out = BUF_INIT(OUT_LIMIT);
	reply->timer.data = reply;
	CHECK(uv_timer_init(conn->server->uv, &reply->timer) == 0);
	vec_push(&conn->replies, reply);
	conn->server->steps[step].reply = reply;
	script = step_of(reply);
	reply->end = script->end;
	if (conn->http2 != NULL)
		script_body(script, method, &reply->out);
	else
		script_reply(script, method, &reply->out);
	(void)uv_timer_start(&reply->timer, on_begin, (uint64_t)script->delay_ms, 0);
}

void reply_end(struct reply *reply, enum fake_end end)
{
	reply->end = end;
	if (reply->conn->http2 != NULL && end == FAKE_KEEP)
		http2_resume(reply);
	else if (reply->conn->http2 == NULL && end == FAKE_KEEP)
		conn_send(reply->conn, "0\r\n\r\n", 5);
	if (!uv_is_closing((uv_handle_t *)&reply->timer))
		reply_go_on(reply);
}

void reply_push(struct reply *reply, const char *bytes, size_t len)
{
	struct conn *conn = reply->conn;
	char head[32];

	if (conn->http2 != NULL) {
		CHECK(buf_append(&reply->out, bytes, len, NULL) == 0);
		release(reply, len);
		return;
	}
	(void)snprintf(head, sizeof(head), "%zx\r\n", len);
	conn_send(conn, head, strlen(head));
	conn_send(conn, bytes, len);
	conn_send(conn, "\r\n", 2);
}
