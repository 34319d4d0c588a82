#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/http_internal.h"

#define READ_SIZE (64L * 1024)

/* Was a header of that name given? */
static bool has_header(const char *const *headers, const char *name)
{
	size_t len = strlen(name);

	for (; headers != NULL && *headers != NULL; headers++) {
		if (strncasecmp(*headers, name, len) == 0 && (*headers)[len] == ':')
			return true;
	}
	return false;
}

static int add_line(struct curl_slist **list, const char *line, struct err *err)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a header");
	*list = longer;
	return 0;
}

/* The given headers; and curl's own ones switched off ("Name:" alone does that). */
static int apply_headers(struct http_exchange *exchange, const char *const *headers,
			 struct err *err)
{
	static const char *const unwanted[] = { "Accept", "Content-Type", "Expect" };
	char line[32];
	int r = 0;

	for (const char *const *header = headers; header != NULL && *header != NULL; header++) {
		if (strpbrk(*header, "\r\n") != NULL)
			return err_set(err, ERR_INPUT, "a header holds a line break");
		r = r < 0 ? r : add_line(&exchange->headers, *header, err);
	}
	for (size_t i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]) && r == 0; i++) {
		if (has_header(headers, unwanted[i]))
			continue;
		(void)snprintf(line, sizeof(line), "%s:", unwanted[i]);
		r = add_line(&exchange->headers, line, err);
	}
	return r;
}

struct url_parts {
	CURLU *url;
	char *scheme;
	char *host;
	char *port;
};

static void url_parts_finish(struct url_parts *parts)
{
	curl_free(parts->scheme);
	curl_free(parts->host);
	curl_free(parts->port);
	curl_url_cleanup(parts->url);
}

/* Reads the URL and refuses what this room does not do. The text never shows the URL's query. */
static int url_parts_init(struct url_parts *parts, const struct http_request *request,
			  struct err *err)
{
	char *user = NULL;
	bool has_user;

	*parts = (struct url_parts){ .url = curl_url() };
	if (parts->url == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a URL");
	if (curl_url_set(parts->url, CURLUPART_URL, request->url, 0) != CURLUE_OK ||
	    curl_url_get(parts->url, CURLUPART_SCHEME, &parts->scheme, 0) != CURLUE_OK ||
	    curl_url_get(parts->url, CURLUPART_HOST, &parts->host, 0) != CURLUE_OK ||
	    curl_url_get(parts->url, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return err_set(err, ERR_INPUT, "\"%.*s\" is not an absolute URL",
			       (int)strcspn(request->url, "?"), request->url);
	has_user = curl_url_get(parts->url, CURLUPART_USER, &user, 0) == CURLUE_OK;
	curl_free(user);
	if (has_user)
		return err_set(err, ERR_INPUT, "%s: a URL must not hold a user name", parts->host);
	if (strcmp(parts->scheme, "https") != 0 &&
	    (strcmp(parts->scheme, "http") != 0 || !request->allow_plain))
		return err_set(err, ERR_INPUT, "%s: %s:// is not allowed here", parts->host,
			       parts->scheme);
	return 0;
}

/* curl verifies, and sends as SNI, the host of the URL. So for another name the URL gets that name,
 * connects to the real host all the same, and the Host header stays what it would have been. */
static int apply_server_name(struct http_exchange *exchange, struct url_parts *parts,
			     const struct http_request *request, struct err *err)
{
	const char *name = request->tls->server_name;
	char line[640];
	char *url = NULL;
	int r;

	if (strpbrk(name, "\r\n:/") != NULL || strlen(name) > 253 || strlen(parts->host) > 253)
		return err_set(err, ERR_INPUT, "\"%s\" is not a server name", name);
	(void)snprintf(line, sizeof(line), "%s:%s:%s:%s", name, parts->port, parts->host,
		       parts->port);
	r = add_line(&exchange->connect_to, line, err);
	if (r == 0 && !has_header(request->headers, "Host")) {
		bool is_default = strcmp(parts->port, "443") == 0;

		(void)snprintf(line, sizeof(line), "Host: %s%s%s", parts->host,
			       is_default ? "" : ":", is_default ? "" : parts->port);
		r = add_line(&exchange->headers, line, err);
	}
	if (r < 0)
		return r;
	if (curl_url_set(parts->url, CURLUPART_HOST, name, 0) != CURLUE_OK ||
	    curl_url_get(parts->url, CURLUPART_URL, &url, 0) != CURLUE_OK)
		return err_set(err, ERR_INPUT, "\"%s\" is not a server name", name);
	(void)curl_easy_setopt(exchange->easy, CURLOPT_URL, url);
	(void)curl_easy_setopt(exchange->easy, CURLOPT_CONNECT_TO, exchange->connect_to);
	curl_free(url);
	return 0;
}

static CURLcode set_blob(CURL *easy, CURLoption option, const char *pem)
{
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };

	if (pem == NULL)
		return CURLE_OK;
	blob.len = strlen(pem);
	blob.data = (void *)(uintptr_t)pem; /* curl copies it and has no const here */
	return curl_easy_setopt(easy, option, &blob);
}

/* curl lets OpenSSL give its buffers back after each record. Where events come all day one is kept instead. */
static CURLcode keep_buffers(CURL *easy, void *ssl_ctx, void *user)
{
	(void)easy;
	(void)user;
	(void)SSL_CTX_clear_mode(ssl_ctx, SSL_MODE_RELEASE_BUFFERS);
	return CURLE_OK;
}

static int apply_tls(struct http_exchange *exchange, const struct http_tls *tls, struct err *err)
{
	CURL *easy = exchange->easy;

	if (exchange->lane == HTTP_LANE_WATCH)
		(void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, keep_buffers);
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (tls == NULL)
		return 0;
	if (set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca_pem) != CURLE_OK ||
	    set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert_pem) != CURLE_OK ||
	    set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key_pem) != CURLE_OK)
		return err_set(err, ERR_NOMEM, "no memory for TLS material");
	/* Without this the system's folder of authorities would be believed as well. */
	if (tls->ca_pem != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls->is_insecure ? 0L : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls->is_insecure ? 0L : 2L);
	return 0;
}

/* Never one from the environment. One that is spoken to by TLS is believed as the server is. */
static int apply_proxy(struct http_exchange *exchange, const struct http_request *request,
		       struct err *err)
{
	const struct http_tls *tls = request->tls;
	CURL *easy = exchange->easy;

	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	if (curl_easy_setopt(easy, CURLOPT_PROXY, request->proxy != NULL ? request->proxy : "") !=
	    CURLE_OK)
		return err_set(err, ERR_NOMEM, "no memory for a proxy's URL");
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (request->proxy == NULL || tls == NULL)
		return 0;
	if (set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, tls->ca_pem) != CURLE_OK)
		return err_set(err, ERR_NOMEM, "no memory for TLS material");
	if (tls->ca_pem != NULL)
		(void)curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYPEER, tls->is_insecure ? 0L : 1L);
	(void)curl_easy_setopt(easy, CURLOPT_PROXY_SSL_VERIFYHOST, tls->is_insecure ? 0L : 2L);
	return 0;
}

static int apply_method(struct http_exchange *exchange, const struct http_request *request,
			struct err *err)
{
	CURL *easy = exchange->easy;

	if (strcmp(request->method, "HEAD") == 0) {
		(void)curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return 0;
	}
	if (request->body != NULL) {
		(void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				       (curl_off_t)request->body_len);
		if (curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body) != CURLE_OK)
			return err_set(err, ERR_NOMEM, "no memory for a request's body");
	}
	if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method) != CURLE_OK)
		return err_set(err, ERR_NOMEM, "no memory for a request");
	return 0;
}

/* What is the same for every exchange. */
static void apply_policy(struct http_exchange *exchange)
{
	CURL *easy = exchange->easy;

	(void)curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_text);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, exchange_on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, exchange_on_bytes);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, exchange_on_connected);
	(void)curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, exchange_open_socket);
	(void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, exchange);
	(void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, exchange_tune_socket);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
			       1L); /* never waits for a resolver thread */
	(void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, READ_SIZE);
	(void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)exchange->connect_timeout_ms);
}

int curl_apply_request(struct http_exchange *exchange, const struct http_request *request,
		       struct err *err)
{
	CURL *easy = exchange->easy;
	struct url_parts parts;
	bool is_tls;
	bool may_share;
	int r = url_parts_init(&parts, request, err);

	if (r == 0) {
		exchange->host = strdup(parts.host);
		r = exchange->host == NULL ? err_set(err, ERR_NOMEM, "no memory for a host name")
					   : 0;
	}
	if (r < 0) {
		url_parts_finish(&parts);
		return r;
	}
	is_tls = strcmp(parts.scheme, "https") == 0;
	may_share = is_tls && !request->forbid_http2;
	apply_policy(exchange);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_tls ? "https" : "http");
	(void)curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			       may_share ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	(void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, may_share ? 1L : 0L);
	(void)curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)request->connection_life_s);
	if (curl_easy_setopt(easy, CURLOPT_URL, request->url) != CURLE_OK)
		r = err_set(err, ERR_NOMEM, "no memory for a URL");
	r = r < 0 ? r : apply_headers(exchange, request->headers, err);
	r = r < 0 ? r : apply_tls(exchange, request->tls, err);
	r = r < 0 ? r : apply_proxy(exchange, request, err);
	r = r < 0 ? r : apply_method(exchange, request, err);
	if (r == 0 && is_tls && request->tls != NULL && request->tls->server_name != NULL)
		r = apply_server_name(exchange, &parts, request, err);
	(void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchange->headers);
	url_parts_finish(&parts);
	return r;
}

static const char *phase(const struct http_exchange *exchange)
{
	switch (exchange->state) {
	case EXCHANGE_WAITING:
		return "waiting for the answer";
	case EXCHANGE_READING:
		return "reading the answer";
	default:
		return "connecting";
	}
}

void curl_describe(const struct http_exchange *exchange, CURLcode result, struct err *err)
{
	const char *text =
		exchange->curl_text[0] != '\0' ? exchange->curl_text : curl_easy_strerror(result);
	enum err_class class = ERR_NET;

	if (exchange->peer_was_refused) {
		(void)err_set(err, ERR_INPUT,
			      "%s leads to a private address, which is not allowed here",
			      exchange->host);
		return;
	}
	switch (result) {
	case CURLE_OUT_OF_MEMORY:
		class = ERR_NOMEM;
		break;
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		class = ERR_INPUT;
		break;
	default:
		break;
	}
	(void)err_set(err, class, "%s: %s: %s", exchange->host, phase(exchange), text);
}
