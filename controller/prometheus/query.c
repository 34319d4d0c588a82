#include "prometheus/query.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/http.h"
#include "wire/prometheus_json.h"

#define ANSWER_LIMIT ((size_t)1024 * 1024)
#define QUERY_LIMIT ((size_t)16 * 1024)

struct question {
	prometheus_fn fn;
	void *user;
	char *server; /* for error texts: scheme, host and port */
};

static void question_free(struct question *question)
{
	if (question == NULL)
		return;
	free(question->server);
	free(question);
}

/* A status other than 200 as an error. For a query that it does not like the server says why (400, 422). */
static int complain(const struct http_answer *answer, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct err own = ERR_INIT;
	double *values;
	size_t count;
	int r;

	if (answer->status == 401 || answer->status == 403)
		return err_set(err, ERR_DENIED, "it refuses us (%d): look at credentialsRef", answer->status);
	if (answer->status == 429 || answer->status >= 500)
		return err_set(err, ERR_BUSY, "it is in trouble: it answered %d", answer->status);
	r = prometheus_samples_from_json(answer->body, answer->body_len, &arena, &values, &count, &own);
	arena_finish(&arena);
	if (r == ERR_INPUT && (answer->status == 400 || answer->status == 422))
		return err_set(err, ERR_INPUT, "%s (%d)", own.text, answer->status);
	return err_set(err, ERR_NET, "it answered %d", answer->status);
}

static void on_answer(void *user, const struct http_answer *answer, const struct err *err)
{
	struct question *question = user;
	struct arena arena = ARENA_INIT;
	struct err why = *err;
	double *values = NULL;
	size_t count = 0;
	int r = why.class;

	if (r == 0)
		r = answer->status != 200 ? complain(answer, &why)
					  : prometheus_samples_from_json(answer->body, answer->body_len, &arena,
									 &values, &count, &why);
	err_prefix(&why, "Prometheus at %s", question->server);
	question->fn(question->user, values, r < 0 ? 0 : count, &why);
	arena_finish(&arena);
	question_free(question);
}

/* "https://host:port" of a URL; the whole where it is none. */
static char *server_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = host == NULL ? NULL : strchr(host + 3, '/');

	return path == NULL ? strdup(url) : strndup(url, (size_t)(path - url));
}

/* Where to ask: *ret_url, if that is allowed. */
static int choose_url(const struct prometheus *prometheus, const struct prometheus_query *query, const char **ret_url,
		      struct err *err)
{
	const char *url = query->url != NULL ? query->url : prometheus->url;
	bool is_plain = url != NULL && strncmp(url, "http://", 7) == 0;

	if (url == NULL)
		return err_set(err, ERR_INPUT,
			       "prometheus.url is missing, and the operator was not given a server (--prometheus-url)");
	if (is_plain && !str_equal(url, prometheus->url))
		return err_set(err, ERR_INPUT,
			       "Prometheus at %.200s: http is not allowed; use https, or have the operator started with "
			       "--prometheus-url for this server",
			       url);
	if (is_plain && query->credentials != NULL && query->credentials->authorization != NULL)
		return err_set(err, ERR_INPUT, "Prometheus at %.200s: credentials are sent over https only", url);
	*ret_url = url;
	return 0;
}

static int write_request(const struct prometheus_query *query, const char *server, struct buf *url, struct buf *body,
			 struct buf *header, struct err *err)
{
	size_t len = strlen(server);
	int r;

	while (len > 0 && server[len - 1] == '/')
		len--;
	r = buf_append(url, server, len, err);
	r = r < 0 ? r : buf_puts(url, "/api/v1/query", err);
	r = r < 0 ? r : buf_puts(body, "query=", err);
	r = r < 0 ? r : buf_put_encoded(body, query->query, err);
	if (query->credentials != NULL && query->credentials->authorization != NULL)
		r = r < 0 ? r : buf_printf(header, err, "Authorization: %s", query->credentials->authorization);
	return r;
}

static int send_request(struct http *http, const struct prometheus_query *query, const struct buf *url,
			const struct buf *body, const struct buf *header, struct question *question, struct err *err)
{
	const struct http_tls tls = { .ca_pem = query->credentials == NULL ? NULL : query->credentials->ca_pem };
	const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded", "Accept: application/json",
					header->len == 0 ? NULL : buf_text(header), NULL };
	const struct http_request request = {
		.method = "POST",
		.url = buf_text(url),
		.headers = headers,
		.body = buf_text(body),
		.body_len = body->len,
		.tls = &tls,
		.lane = HTTP_LANE_PROMETHEUS,
		.allow_plain = true, /* choose_url() has seen to it */
		.total_timeout_ms = PROMETHEUS_TIMEOUT_MS,
	};

	return http_fetch(http, &request, ANSWER_LIMIT, on_answer, question, NULL, err);
}

int prometheus_ask(const struct prometheus *prometheus, const struct prometheus_query *query, prometheus_fn fn, void *user,
		   struct err *err)
{
	struct question *question = calloc(1, sizeof(*question));
	auto_buf url = BUF_INIT(QUERY_LIMIT);
	auto_buf body = BUF_INIT(QUERY_LIMIT);
	auto_buf header = BUF_INIT(QUERY_LIMIT);
	const char *server = "";
	int r;

	if (question == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a query");
	question->fn = fn;
	question->user = user;
	r = choose_url(prometheus, query, &server, err);
	question->server = server_of(server);
	if (r == 0 && question->server == NULL)
		r = err_set(err, ERR_NOMEM, "no memory for a query");
	r = r < 0 ? r : write_request(query, server, &url, &body, &header, err);
	r = r < 0 ? r : send_request(prometheus->http, query, &url, &body, &header, question, err);
	if (header.data != NULL)
		explicit_bzero(header.data, header.len);
	if (r < 0)
		question_free(question);
	return r;
}
