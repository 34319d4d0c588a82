#include "telemetry/health.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "base/memory.h"
#include "base/str.h"
#include "telemetry/listener.h"

#define CHECKS 16
#define CONNECTIONS 64
#define CONNECTIONS_OF_ONE 16 /* of one address */
#define CONNECTION_BYTES ((size_t)16 * 1024)
#define IDLE_SECONDS 10
#define MAX_ANSWER ((size_t)8 * 1024 * 1024)

struct check {
	const char *name;
	health_check_fn fn;
	void *user;
};

struct health {
	struct MHD_Daemon *daemon;
	struct metrics *metrics;
	struct check checks[CHECKS];
	size_t check_count;
	int port;
	uv_poll_t poll;   /* of the daemon's epoll descriptor */
	uv_timer_t timer; /* the daemon's next timeout */
	int open_handles; /* of the two; the last to close frees */
};

/* What to answer; the text lies in buf. */
struct answer {
	unsigned status;
	const char *type;
	const char *allow; /* NULL: none */
	struct buf buf;
};

static void set_text(struct answer *answer, unsigned status, const char *text)
{
	buf_reset(&answer->buf);
	answer->status = buf_puts(&answer->buf, text, NULL) < 0 ? MHD_HTTP_INTERNAL_SERVER_ERROR : status;
}

/* Asks one check and appends its line. Returns whether it passed. */
static bool run_check(const struct check *check, struct buf *list)
{
	struct err err = ERR_INIT;
	bool is_well = check->fn(check->user, &err);
	int r;

	if (is_well)
		r = buf_printf(list, NULL, "[+] %s ok\n", check->name);
	else
		r = buf_printf(list, NULL, "[-] %s failed: %s\n", check->name,
			       err_is_set(&err) ? err.text : "no reason given");
	return is_well && r == 0;
}

/* /readyz with name "", /readyz/NAME with one. The list is shown on request, and when one failed. */
static void answer_ready(const struct health *health, const char *name, bool is_verbose,
			 struct answer *answer)
{
	bool is_known = name[0] == '\0';
	bool is_well = true;

	for (size_t i = 0; i < health->check_count; i++) {
		if (name[0] != '\0' && !str_equal(name, health->checks[i].name))
			continue;
		is_known = true;
		is_well = run_check(&health->checks[i], &answer->buf) && is_well;
	}
	if (!is_known)
		set_text(answer, MHD_HTTP_NOT_FOUND, "no such check\n");
	else if (!is_well)
		answer->status = MHD_HTTP_SERVICE_UNAVAILABLE;
	else if (!is_verbose)
		set_text(answer, MHD_HTTP_OK, "ok\n");
	else if (buf_puts(&answer->buf, "ready\n", NULL) < 0)
		answer->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
}

static void answer_metrics(struct health *health, struct answer *answer)
{
	struct err err = ERR_INIT;

	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	if (metrics_write(health->metrics, &answer->buf, &err) < 0)
		set_text(answer, MHD_HTTP_INTERNAL_SERVER_ERROR, err.text);
}

static void answer_path(struct health *health, const char *path, bool is_verbose, struct answer *answer)
{
	if (str_equal(path, "/healthz"))
		set_text(answer, MHD_HTTP_OK, "ok\n");
	else if (str_equal(path, "/readyz"))
		answer_ready(health, "", is_verbose, answer);
	else if (str_has_prefix(path, "/readyz/") && path[strlen("/readyz/")] != '\0')
		answer_ready(health, path + strlen("/readyz/"), is_verbose, answer);
	else if (str_equal(path, "/metrics") && health->metrics != NULL)
		answer_metrics(health, answer);
	else
		set_text(answer, MHD_HTTP_NOT_FOUND, "not found\n");
}

/* Hands the answer over to the connection. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
	size_t len = answer->buf.len;
	char *text = buf_take(&answer->buf);
	struct MHD_Response *response;
	enum MHD_Result result;

	response = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (response == NULL) {
		free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	(void)MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (answer->allow != NULL)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
	result = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

/* libmicrohttpd calls this first when the request's head is complete, then for each piece of its body,
 * then when all is there. Answering the first time ends the connection afterwards: right for a
 * method that we do not serve, whose body is not read then. A GET with a body is cut off. */
static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct answer answer = {
		.status = MHD_HTTP_OK,
		.type = "text/plain; charset=utf-8",
		.buf = BUF_INIT(MAX_ANSWER),
	};
	bool is_verbose;

	(void)version;
	(void)upload;
	if (!str_equal(method, MHD_HTTP_METHOD_GET) && !str_equal(method, MHD_HTTP_METHOD_HEAD)) {
		answer.allow = "GET, HEAD";
		set_text(&answer, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD\n");
		return send_answer(connection, &answer);
	}
	if (*state == NULL) {
		*state = connection;
		return MHD_YES;
	}
	if (*upload_len > 0)
		return MHD_NO;
	is_verbose = MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, "verbose",
						   strlen("verbose"), NULL, NULL) == MHD_YES;
	answer_path(user, path, is_verbose, &answer);
	return send_answer(connection, &answer);
}

static void on_timer(uv_timer_t *timer);

/* Lets the daemon work, and asks it when it wants to work again without any event. */
static void run(struct health *health)
{
	MHD_UNSIGNED_LONG_LONG timeout_ms;

	(void)MHD_run(health->daemon);
	if (MHD_get_timeout(health->daemon, &timeout_ms) == MHD_YES)
		(void)uv_timer_start(&health->timer, on_timer, timeout_ms, 0);
	else
		(void)uv_timer_stop(&health->timer);
}

static void on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

/* The socket is the daemon's from here on, also when it fails. */
static int start_daemon(struct health *health, int socket, struct err *err)
{
	health->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, health, MHD_OPTION_LISTEN_SOCKET, socket,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_OF_ONE,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (health->daemon == NULL) {
		(void)close(socket);
		return err_set(err, ERR_BUG, "libmicrohttpd does not start");
	}
	return 0;
}

/* Puts the daemon's epoll descriptor on the loop. */
static int start_polling(struct health *health, struct loop *loop, struct err *err)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(health->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r;

	CHECK(info != NULL);
	r = uv_poll_init(loop_uv(loop), &health->poll, info->epoll_fd);
	if (r < 0)
		return err_set(err, ERR_BUG, "cannot watch the HTTP server: %s", uv_strerror(r));
	health->poll.data = health;
	CHECK(uv_timer_init(loop_uv(loop), &health->timer) == 0);
	health->timer.data = health;
	health->open_handles = 2;
	r = uv_poll_start(&health->poll, UV_READABLE, on_event);
	if (r < 0)
		return err_set(err, ERR_BUG, "cannot watch the HTTP server: %s", uv_strerror(r));
	return 0;
}

int health_create(struct loop *loop, const char *address, struct metrics *metrics,
		  struct health **ret_health, struct err *err)
{
	struct health *health;
	int fd = -1;
	int r = listener_open(address, &fd, err);

	if (r < 0)
		return r;
	health = memory_alloc(sizeof(*health));
	health->metrics = metrics;
	health->port = listener_port(fd);
	r = start_daemon(health, fd, err);
	if (r == 0)
		r = start_polling(health, loop, err);
	if (r < 0) {
		health_destroy(health);
		return r;
	}
	*ret_health = health;
	return 0;
}

void health_add_check(struct health *health, const char *name, health_check_fn fn, void *user)
{
	CHECK(health->check_count < CHECKS);
	health->checks[health->check_count++] = (struct check){ name, fn, user };
}

int health_port(const struct health *health)
{
	return health->port;
}

static void on_closed(uv_handle_t *handle)
{
	struct health *health = handle->data;

	if (--health->open_handles == 0)
		free(health);
}

void health_destroy(struct health *health)
{
	bool is_polling;

	if (health == NULL)
		return;
	is_polling = health->open_handles > 0;
	if (is_polling) {
		/* Before the daemon closes the descriptor that is polled. */
		uv_close((uv_handle_t *)&health->poll, on_closed);
		uv_close((uv_handle_t *)&health->timer, on_closed);
	}
	if (health->daemon != NULL)
		MHD_stop_daemon(health->daemon);
	health->daemon = NULL;
	if (!is_polling)
		free(health);
}
