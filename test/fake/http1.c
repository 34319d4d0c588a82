#include "fake/script.h"
#include "fake/server_internal.h"

void http1_read(struct conn *conn)
{
	struct script_request request;
	int r;

	if (conn->replies.len > 0 || conn->is_closing)
		return;
	r = script_request_take(&conn->in, &request);
	if (r < 0) {
		server_complain(conn->server, "not a request: %.200s", buf_text(&conn->in));
		conn_close(conn, false);
	} else if (r > 0) {
		server_answer(conn, &request, 0);
		script_request_finish(&request);
	}
}
