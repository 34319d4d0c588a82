#include "registry/bearer.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "registry/complaint.h"
#include "registry/origin.h"
#include "registry/reply.h"
#include "wire/oci_json.h"

#define MOST_TOKENS 64
#define LONGEST_TOKEN 16384
#define MARGIN_MS 10000 /* a token is given up this long before it expires */

struct bearer {
	struct bearer *older;
	char name[REFERENCE_NAME_SIZE];
	char credentials_id[SHA256_HEX_SIZE];
	char *value;
	int64_t until_ms; /* monotonic */
};

struct bearer_fetch {
	struct hosts *hosts;
	struct host *host;
	const struct reference *reference;
	const char *what;
	const struct credentials *credentials;
	struct origin realm;
	struct reply *reply;
	struct http_exchange *exchange;
	bearer_fn fn; /* NULL: cancelled */
	void *user;
};

/* ---- the tokens of a host ---- */

static void bearer_destroy(struct bearer *token)
{
	OPENSSL_cleanse(token->value, strlen(token->value));
	free(token->value);
	free(token);
}

static struct bearer **find(struct host *host, const struct reference *reference,
			   const struct credentials *credentials)
{
	struct bearer **at = &host->tokens;

	while (*at != NULL && !(str_equal((*at)->name, reference->name) &&
				str_equal((*at)->credentials_id, credentials->id)))
		at = &(*at)->older;
	return at;
}

const char *bearer_find(struct hosts *hosts, struct host *host, const struct reference *reference,
		       const struct credentials *credentials)
{
	struct bearer *token = *find(host, reference, credentials);

	if (token == NULL || hosts->monotonic_ms() >= token->until_ms)
		return NULL;
	return token->value;
}

static void remove_at(struct bearer **at)
{
	struct bearer *token = *at;

	*at = token->older;
	bearer_destroy(token);
}

void bearer_forget(struct host *host, const struct reference *reference,
		  const struct credentials *credentials)
{
	struct bearer **at = find(host, reference, credentials);

	if (*at != NULL)
		remove_at(at);
}

void bearer_forget_all(struct host *host)
{
	while (host->tokens != NULL)
		remove_at(&host->tokens);
}

/* Keeps a token as the host's newest; beyond MOST_TOKENS the oldest goes. */
static void keep(struct bearer_fetch *fetch, const struct oci_token *got)
{
	struct host *host = fetch->host;
	struct bearer *token = memory_alloc(sizeof(*token));
	struct bearer **at = &host->tokens;
	size_t count;

	bearer_forget(host, fetch->reference, fetch->credentials);
	memcpy(token->name, fetch->reference->name, sizeof(token->name));
	memcpy(token->credentials_id, fetch->credentials->id, sizeof(token->credentials_id));
	token->value = memory_strdup(got->token);
	token->until_ms = fetch->hosts->monotonic_ms() + got->expires_in_s * 1000 - MARGIN_MS;
	token->older = host->tokens;
	host->tokens = token;
	for (count = 0; *at != NULL && count < MOST_TOKENS; count++)
		at = &(*at)->older;
	if (*at != NULL)
		remove_at(at);
}

/* ---- getting one ---- */

static void fetch_destroy(struct bearer_fetch *fetch)
{
	reply_destroy(fetch->reply);
	free(fetch);
}

static struct complaint_subject subject_of(const struct bearer_fetch *fetch)
{
	return (struct complaint_subject){
		.host = fetch->reference->host,
		.what = fetch->what,
		.server = fetch->realm.authority,
		.has_credentials = fetch->credentials->basic != NULL,
	};
}

/* Is it a token that can stand in a header: printable, no space, not too long? */
static bool is_sendable(const char *token)
{
	size_t i;

	for (i = 0; token[i] != '\0'; i++) {
		if (token[i] <= 0x20 || token[i] >= 0x7f || i >= LONGEST_TOKEN)
			return false;
	}
	return i > 0;
}

/* Reads the token out of a good reply. */
static int read_token(struct bearer_fetch *fetch, struct arena *arena, struct oci_token *ret_token,
		      struct err *err)
{
	struct complaint_subject subject = subject_of(fetch);
	struct reply *reply = fetch->reply;
	struct err why = ERR_INIT;

	if (reply->status != 200 || reply->verdict != REPLY_FINE)
		return complaint_of_reply(&subject, reply, err);
	if (oci_token_from_json(buf_text(&reply->body), reply->body.len, arena, ret_token, &why) < 0)
		return complaint_of_content(&subject, &why, err);
	if (!is_sendable(ret_token->token)) {
		(void)err_set(&why, ERR_INPUT, "the token cannot be sent in a header");
		return complaint_of_content(&subject, &why, err);
	}
	return 0;
}

static void on_head(void *user, const struct http_head *head)
{
	struct bearer_fetch *fetch = user;

	reply_on_head(fetch->reply, head);
}

static bool on_bytes(void *user, const char *bytes, size_t len)
{
	struct bearer_fetch *fetch = user;

	return reply_on_bytes(fetch->reply, bytes, len);
}

static void on_done(void *user, int status, const struct err *err)
{
	struct bearer_fetch *fetch = user;
	struct arena arena = ARENA_INIT;
	struct oci_token token = { .token = NULL };
	struct err why = ERR_INIT;
	bool is_whole = fetch->reply->is_cut || !err_is_set(err);

	if (fetch->fn != NULL) {
		struct complaint_subject subject = subject_of(fetch);
		int r = is_whole ? read_token(fetch, &arena, &token, &why)
				 : complaint_of_failure(&subject, err, &why);

		hosts_count(fetch->hosts, status);
		if (r == 0)
			keep(fetch, &token);
		else if (fetch->reply->status == 429)
			hosts_block(fetch->hosts, hosts_find(fetch->hosts, fetch->realm.authority),
				     fetch->reply->retry_after_ms);
		fetch->fn(fetch->user, token.token, &why);
	}
	arena_finish(&arena);
	fetch_destroy(fetch);
}

/* Appends "name=value" to the query. */
static int add_query(struct buf *path, const char *name, const char *value, struct err *err)
{
	const char *separator = strchr(buf_text(path), '?') == NULL ? "?" : "&";
	int r = buf_printf(path, err, "%s%s=", separator, name);

	return r < 0 ? r : buf_put_encoded(path, value, err);
}

/* The URL to ask: the realm's, with our service and our scope. */
static int write_url(const struct bearer_fetch *fetch, const char *realm_path,
		     const struct auth_offer *offer, char ret_url[static ORIGIN_URL_SIZE], struct err *err)
{
	char scope[REFERENCE_NAME_SIZE + 32];
	auto_buf path = BUF_INIT(ORIGIN_PATH_SIZE - 1);
	int r = buf_puts(&path, realm_path, err);

	snprintf(scope, sizeof(scope), "repository:%s:pull", fetch->reference->name);
	if (r == 0 && offer->service[0] != '\0')
		r = add_query(&path, "service", offer->service, err);
	if (r == 0)
		r = add_query(&path, "scope", scope, err);
	if (r < 0)
		return r;
	origin_url(&fetch->realm, buf_text(&path), ret_url);
	return 0;
}

/* Reads the realm and decides whether it may be asked at all. */
static int read_realm(struct bearer_fetch *fetch, const char *realm,
		      char ret_path[static ORIGIN_PATH_SIZE], struct err *err)
{
	struct err why = ERR_INIT;
	int r = origin_parse(realm, &fetch->realm, ret_path, &why);

	if (r < 0)
		return err_set(err, ERR_INPUT, "registry %s names an unusable token server: %s",
			       fetch->reference->host, why.text);
	if (fetch->realm.is_plain && !hosts_allows_plain(fetch->hosts, fetch->realm.authority))
		return err_set(err, ERR_INPUT,
			       "registry %s names a token server without TLS, http://%s; that is not followed",
			       fetch->reference->host, fetch->realm.authority);
	return 0;
}

static int send(struct bearer_fetch *fetch, const char *url, struct err *err)
{
	struct hosts *hosts = fetch->hosts;
	bool is_own = str_equal(fetch->realm.authority, fetch->host->origin.authority);
	auto_buf basic = BUF_INIT(4 * CREDENTIALS_LONGEST);
	const char *headers[] = { hosts->user_agent, "Accept: application/json", NULL, NULL };
	struct http_tls tls = { .ca_pem = hosts_ca_pem(hosts, fetch->realm.authority) };
	struct http_request request = {
		.method = "GET",
		.url = url,
		.headers = headers,
		.tls = tls.ca_pem == NULL ? NULL : &tls,
		.lane = HTTP_LANE_REGISTRY,
		.allow_plain = fetch->realm.is_plain,
		.forbid_private_peers =
			!is_own && !hosts_trusts_realm(hosts, fetch->realm.authority),
		.connect_timeout_ms = 10000,
		.total_timeout_ms = hosts->timeout_ms,
	};
	struct http_handler handler = {
		.on_head = on_head, .on_bytes = on_bytes, .on_done = on_done, .user = fetch
	};
	int r = 0;

	if (fetch->credentials->basic != NULL) {
		r = buf_printf(&basic, err, "Authorization: Basic %s", fetch->credentials->basic);
		headers[2] = buf_text(&basic);
	}
	if (r == 0)
		r = http_start(hosts->http, &request, &handler, &fetch->exchange, err);
	hosts->requests += r == 0 ? 1 : 0;
	if (basic.data != NULL)
		OPENSSL_cleanse(basic.data, basic.len);
	return r;
}

int bearer_fetch(struct hosts *hosts, struct host *host, const struct reference *reference,
		const char *what, const struct credentials *credentials, const struct auth_offer *offer,
		bearer_fn fn, void *user, struct bearer_fetch **ret_fetch, struct err *err)
{
	struct bearer_fetch *fetch = memory_alloc(sizeof(*fetch));
	char path[ORIGIN_PATH_SIZE];
	char url[ORIGIN_URL_SIZE];
	int64_t wait_ms;
	int r;

	*fetch = (struct bearer_fetch){
		.hosts = hosts, .host = host, .reference = reference, .what = what,
		.credentials = credentials, .fn = fn, .user = user,
		.reply = reply_create(REPLY_JSON, (size_t)64 * 1024),
	};
	r = read_realm(fetch, offer->realm, path, err);
	if (r == 0)
		r = write_url(fetch, path, offer, url, err);
	if (r == 0) {
		struct complaint_subject subject = subject_of(fetch);

		wait_ms = hosts_blocked_ms(hosts, hosts_find(hosts, fetch->realm.authority));
		r = wait_ms > 0 ? complaint_of_block(&subject, wait_ms, err) : send(fetch, url, err);
	}
	if (r < 0) {
		fetch_destroy(fetch);
		return r;
	}
	*ret_fetch = fetch;
	return 0;
}

void bearer_cancel(struct bearer_fetch *fetch)
{
	fetch->fn = NULL;
	http_cancel(fetch->exchange);
}
