/*
 * net/http_internal: what the files of the HTTP client share, and nobody else may include.
 *
 *	http.c           the set: lanes, the list of things to do on the next turn
 *	http_pool.c      one curl multi handle on the loop: sockets, its timer, finished transfers
 *	http_exchange.c  one exchange: its states, time limits, curl's callbacks
 *	http_curl.c      a request becomes the options of an easy handle
 *	http_head.c      header lines become a struct http_head
 *	http_fetch.c     small answers, collected whole
 *
 * curl forbids calls of multi functions from its callbacks, but users of this room may start and
 * cancel exchanges from theirs. So both only put the exchange on the set's todo list, which a timer
 * of 0 ms works off outside of curl.
 */
#ifndef SLUICE_NET_HTTP_INTERNAL_H
#define SLUICE_NET_HTTP_INTERNAL_H

#include <curl/curl.h>

#include "base/arena.h"
#include "base/vec.h"
#include "net/http.h"
#include "net/loop.h"

#define HTTP_LANES 4

/* Bytes of all header lines of an answer together. */
#define HTTP_HEAD_LIMIT ((size_t)64 * 1024)

struct pool;

struct http {
	struct loop *loop;
	struct pool *lanes[HTTP_LANES]; /* made at first use */
	struct vec retired;   /* pools that take nothing new and end with their last exchange */
	struct vec exchanges; /* all that run */
	struct vec todo;      /* exchanges to be handed to curl, or that were cancelled */
	struct timer *kick;   /* works off todo */
	bool is_in_curl;      /* a multi function is running */
	bool is_ending;       /* http_destroy() is at work: nothing may begin */
	unsigned calls;       /* callbacks of users that are running */
};

/* ---- http_head.c ---- */

struct head_reader {
	struct http_head head;
	struct arena arena; /* the strings of head */
	size_t bytes;       /* of header lines so far */
};

/* Makes it empty: what was read belonged to an earlier answer. */
void head_reader_reset(struct head_reader *reader);

enum head_line { HEAD_MORE, HEAD_COMPLETE, HEAD_TOO_LARGE };

/* Takes one line, with its line break. HEAD_COMPLETE after the empty line of a final answer. */
enum head_line head_reader_line(struct head_reader *reader, const char *line, size_t len);

/* Frees what it holds. */
void head_reader_finish(struct head_reader *reader);

/* ---- http_exchange.c ---- */

/* How far an exchange is. Only enter() in http_exchange.c writes it. */
enum exchange_state {
	EXCHANGE_QUEUED, /* waits for its time, or on the todo list, to be handed to curl */
	EXCHANGE_CONNECTING, /* name, TCP, TLS, or the wait for a connection to share */
	EXCHANGE_WAITING, /* the request is leaving or has left; the headers are not complete */
	EXCHANGE_READING, /* the headers are complete, the body is coming */
	EXCHANGE_ENDED,   /* on_done is being called */
};

struct http_exchange {
	struct http *http;
	struct pool *pool; /* that has it; NULL while queued */
	CURL *easy;
	struct curl_slist *headers;
	struct curl_slist *connect_to;
	char *host; /* for error texts */
	struct http_handler handler;
	enum exchange_state state;
	enum http_lane lane;
	bool is_cancelled;
	bool is_in_todo;
	bool forbids_private;
	bool peer_was_refused; /* a private address was met */
	int64_t connect_timeout_ms;
	int64_t head_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t total_timeout_ms;
	int64_t started_ms;
	int64_t last_byte_ms;
	struct timer *timer; /* the next time limit */
	struct head_reader reader;
	struct err err; /* why we ended it ourselves; goes before what curl says */
	char curl_text[CURL_ERROR_SIZE];
};

/* Makes an exchange in EXCHANGE_QUEUED. Errors as http_start(). */
int exchange_create(struct http *http, const struct http_request *request,
		    const struct http_handler *handler, struct http_exchange **ret_exchange,
		    struct err *err) __attribute__((warn_unused_result));

/* Puts it on the todo list after delay_ms. */
void exchange_delay(struct http_exchange *exchange, int64_t delay_ms);

/* curl has it now: the time for connecting runs. */
void exchange_is_handed_over(struct http_exchange *exchange);

/* Takes it out of curl, calls on_done, frees it. result is curl's word, if curl ended it. */
void exchange_end(struct http_exchange *exchange, CURLcode result);

/* Ends it with an error of ours. */
void exchange_fail(struct http_exchange *exchange, enum err_class class, const char *text);

/* curl's callbacks, named by http_curl.c. */
size_t exchange_on_header(char *line, size_t size, size_t count, void *user);
size_t exchange_on_bytes(char *bytes, size_t size, size_t count, void *user);
int exchange_on_connected(void *user, char *peer, char *local, int peer_port, int local_port);
curl_socket_t exchange_open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address);
int exchange_tune_socket(void *user, curl_socket_t fd, curlsocktype purpose);

/* ---- http_curl.c ---- */

/* Sets all options of exchange->easy from request. ERR_INPUT, ERR_NOMEM. */
int curl_apply_request(struct http_exchange *exchange, const struct http_request *request,
		       struct err *err) __attribute__((warn_unused_result));

/* Puts curl's result into words and a class, unless err holds an error already. */
void curl_describe(const struct http_exchange *exchange, CURLcode result, struct err *err);

/* ---- http_pool.c ---- */

struct pool {
	struct http *http;
	CURLM *multi;
	struct timer *timer; /* when curl wants to be called next */
	size_t running;      /* exchanges in it */
	int refusal;         /* the loop would not watch one of its sockets: libuv's error; then it is of no use any more */
};

/* Makes a pool. NULL without memory. */
struct pool *pool_create(struct http *http);

/* Hands an exchange to curl. false without memory. */
bool pool_add(struct pool *pool, struct http_exchange *exchange);

/* Takes it back; its easy handle is no longer in use. */
void pool_remove(struct pool *pool, struct http_exchange *exchange);

/* Closes its connections and frees it; nothing may be running in it. NULL is fine. */
void pool_destroy(struct pool *pool);

/* ---- http.c ---- */

/* Puts exchange on the todo list, once. */
void http_add_todo(struct http *http, struct http_exchange *exchange);

/* Forgets an exchange that is about to be freed. */
void http_forget(struct http *http, struct http_exchange *exchange);

/* Ends the exchanges of a pool one of whose sockets the loop would not watch: curl does nothing more in it. What comes
 * gets another one. */
void http_give_up(struct http *http, struct pool *pool);

#endif
