/* A registry, its mirror and whoever they name, all hostile: the bytes are what they answer. Whatever that is, every
 * question ends, no password leaves for a host that it is not for, nothing goes without TLS, and a digest that is known
 * is that of bytes that came.
 *
 * It takes the place of the net room: each request takes a few bytes that choose its answer out of the tables below. */
#include <stdio.h>
#include <strings.h>

#include "base/sha256.h"
#include "base/str.h"
#include "fuzz.h"
#include "net/http.h"
#include "registry/observed.h"

#define ORIGIN "r.example.com"
#define MIRROR "m.example.com"
#define MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define DIGEST "sha256:21d94c4ae81f56d81b98c4468796264cbff924c3fae1fd9e8379120a7d264f31" /* of bodies[0] */

static const int statuses[] = { 200, 200, 200, 304, 301, 307, 401, 403, 404, 405, 429, 500, 503, 418, 0 };
static const char *const types[] = { MANIFEST, INDEX, "application/json", "text/html", "" };
static const char *const digests[] = { "", DIGEST, "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
				       "md5:x" };
static const char *const challenges[] = {
	"", "Basic realm=x", "Bearer realm=\"https://" ORIGIN "/token\"", "Bearer realm=\"https://" MIRROR "/token\",service=s",
	"Bearer realm=\"https://auth.example.com/token?a=b\"", "Bearer realm=\"http://auth.example.com/token\"",
	"Bearer realm=\"https://x@evil.example.com/\"", "Basic realm=x, Bearer realm=\"https://127.0.0.1/\"", "Bearer", ",,=",
};
static const char *const targets[] = {
	"", "/v2/shop/web/tags/list?last=b", "/v2/hub/shop/web/tags/list?last=b", "?last=a", "https://evil.example.com/v2/",
	"http://" ORIGIN "/v2/", "https://" MIRROR "/v2/hub/shop/web/tags/list", "//evil.example.com/", "../../x", "\\\\evil",
};
static const char *const etags[] = { "", "\"a\"", "W/\"b\"", "\"a\r\n\"", "a" };
static const char *const bodies[] = {
	"{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST "\",\"config\":{},\"layers\":[]}",
	"{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"manifests\":[]}", "{\"tags\":[\"v1\",\"b\"]}", "{\"tags\":null}",
	"{\"token\":\"abc\",\"expires_in\":300}", "{\"token\":\"a\\r\\nX: y\"}", "{\"errors\":[{\"code\":\"DENIED\"}]}", "<html>", "",
};

struct http_exchange {
	struct http_exchange *next;
	struct http_handler handler;
	bool is_head;
	bool is_cancelled;
};

struct http {
	const uint8_t *bytes; /* the answers that are left; none: 404 */
	size_t len;
	struct http_exchange *first;
	unsigned requests;
	char passwords[2][64]; /* base64: the origin's, the mirror's */
};

/* The next choice out of count. */
static size_t choose(struct http *http, size_t count)
{
	if (http->len == 0)
		return 0;
	http->len--;
	return *http->bytes++ % count;
}

#define CHOOSE(http, table) (table)[choose((http), sizeof(table) / sizeof((table)[0]))]

/* ---- who is asked for what ---- */

static bool is_at(const char *url, const char *host)
{
	size_t len = strlen(host);

	return str_has_prefix(url, "https://") && strncmp(url + 8, host, len) == 0 && url[8 + len] == '/';
}

/* May this password go along? To its own host, or to the token server that this host has named: for a token to pull, and
 * not to a private address. */
static void check_password(const struct http_request *request, const char *host)
{
	bool is_own = is_at(request->url, host);
	bool is_for_token = strstr(request->url, "scope=repository%3A") != NULL &&
			    str_has_prefix(strstr(request->url, "%3Apull"), "%3Apull") && request->forbid_private_peers;

	CHECK(is_own || is_for_token);
}

static void check_header(struct http *http, const struct http_request *request, const char *header)
{
	CHECK(strpbrk(header, "\r\n") == NULL);
	if (strncasecmp(header, "Authorization: Basic ", 21) == 0) {
		bool is_of_origin = str_equal(header + 21, http->passwords[0]);

		CHECK(is_of_origin || str_equal(header + 21, http->passwords[1]));
		check_password(request, is_of_origin ? ORIGIN : MIRROR);
	} else if (strncasecmp(header, "Authorization: Bearer ", 22) == 0) {
		CHECK(is_at(request->url, ORIGIN) || is_at(request->url, MIRROR));
	}
}

int http_start(struct http *http, const struct http_request *request, const struct http_handler *handler,
	       struct http_exchange **ret_exchange, struct err *err)
{
	struct http_exchange *exchange = calloc(1, sizeof(*exchange));
	struct http_exchange **last = &http->first;

	CHECK(exchange != NULL && !err_is_set(err));
	CHECK(str_has_prefix(request->url, "https://") && !request->allow_plain);
	for (const char *const *header = request->headers; *header != NULL; header++)
		check_header(http, request, *header);
	exchange->handler = *handler;
	exchange->is_head = str_equal(request->method, "HEAD");
	while (*last != NULL)
		last = &(*last)->next;
	*last = exchange;
	http->requests++;
	*ret_exchange = exchange;
	return 0;
}

void http_cancel(struct http_exchange *exchange)
{
	exchange->is_cancelled = true;
}

/* ---- answers ---- */

static void answer(struct http *http, const struct http_exchange *exchange)
{
	struct http_head head = {
		.status = http->len == 0 ? 404 : CHOOSE(http, statuses),
		.content_type = CHOOSE(http, types),
		.www_authenticate = CHOOSE(http, challenges),
		.docker_content_digest = CHOOSE(http, digests),
		.location = CHOOSE(http, targets),
		.etag = CHOOSE(http, etags),
		.warning = "",
		.flow_schema = "",
		.content_length = -1,
	};
	const char *body = CHOOSE(http, bodies);
	struct err err = ERR_INIT;
	char link[128];

	(void)snprintf(link, sizeof(link), "<%s>; rel=next", head.location);
	head.link = choose(http, 2) == 0 ? "" : link;
	if (head.status == 0 || exchange->is_cancelled) {
		(void)err_set(&err, ERR_NET, "no answer");
		exchange->handler.on_done(exchange->handler.user, 0, &err);
		return;
	}
	exchange->handler.on_head(exchange->handler.user, &head);
	if (!exchange->is_head && body[0] != '\0' &&
	    !exchange->handler.on_bytes(exchange->handler.user, body, strlen(body)))
		(void)err_set(&err, ERR_INPUT, "ended by the reader");
	exchange->handler.on_done(exchange->handler.user, head.status, &err);
}

static void run(struct http *http)
{
	while (http->first != NULL) {
		struct http_exchange *exchange = http->first;

		http->first = exchange->next;
		answer(http, exchange);
		free(exchange);
		CHECK(http->requests < 4000); /* every question has an end */
	}
}

static int64_t still_ms(void)
{
	return 1000000;
}

static void check_digest(struct registry *registry, const char *reference, const struct credentials *credentials)
{
	const struct digest_observation *digest =
		registry_digest(registry, ORIGIN "/shop/web", reference, credentials);

	CHECK(!digest->is_asking && (digest->state == OBSERVED_KNOWN || digest->state == OBSERVED_FAILED));
	CHECK((digest->state == OBSERVED_FAILED) == err_is_set(&digest->err));
	if (digest->state == OBSERVED_KNOWN) { /* one of the two documents that there are, and no other */
		char hex[SHA256_HEX_SIZE];

		sha256_hex(bodies[digest->is_index], strlen(bodies[digest->is_index]), hex);
		CHECK(str_equal(digest->digest + strlen("sha256:"), hex));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const char secret[] = "{\"auths\":{\"" ORIGIN "\":{\"auth\":\"dXNlcjpwYXNz\"},\"" MIRROR
				     "\":{\"auth\":\"b3RoZXI6c2VjcmV0\"}}}";
	static const char *const mirrors[] = { ORIGIN "=https://" MIRROR "/hub", NULL };
	struct http http = { .bytes = bytes, .len = len, .passwords = { "dXNlcjpwYXNz", "b3RoZXI6c2VjcmV0" } };
	const struct registry_options options = { .mirrors = mirrors, .monotonic_ms = still_ms, .now_ms = still_ms };
	struct registry *registry = NULL;
	struct credentials credentials;
	struct err err = ERR_INIT;

	CHECK(registry_create(&http, &options, &registry, &err) == 0);
	CHECK(registry_credentials(registry, secret, sizeof(secret) - 1, ORIGIN "/shop/web", &credentials, &err) == 0);
	registry_list_tags(registry, ORIGIN "/shop/web", &credentials, 0);
	registry_resolve(registry, ORIGIN "/shop/web", "v1", &credentials, 0);
	registry_resolve(registry, ORIGIN "/shop/web", DIGEST, &credentials, 0);
	run(&http);
	CHECK(!registry_tags(registry, ORIGIN "/shop/web", &credentials)->is_asking);
	check_digest(registry, "v1", &credentials);
	check_digest(registry, DIGEST, &credentials);
	credentials_finish(&credentials);
	registry_destroy(registry);
	run(&http);
	return 0;
}
