/*
 * test/unit/reconcile/bench: an executor and all its tools, against one scripted server that is
 * apiserver and registry at once. May include: everything that reconcile may, net, fake.
 */
#ifndef SLUICE_TEST_RECONCILE_BENCH_H
#define SLUICE_TEST_RECONCILE_BENCH_H

#include "fake/server.h"
#include "net/http.h"
#include "reconcile/execute.h"
#include "suite.h"

#define JSON_TYPE "Content-Type: application/json\r\n"
#define STATUS(code, reason, message)                                                              \
	"{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"status\":\"Failure\",\"code\":" #code        \
	",\"reason\":\"" reason "\",\"message\":\"" message "\"}"
#define BENCH_NOW_MS 1000000

struct bench {
	struct loop *loop;
	struct http *http;
	struct fake_server *server;
	struct executor_tools tools;
	struct executor *executor;
	struct prometheus prometheus; /* the scripted server, too */
	struct arena arena;
	char repository[64]; /* of the scripted server */
	bool may_write;
	bool is_done;        /* nothing is under way */
	size_t ended;
	char woken[128]; /* the keys that were told, each with a space behind it */
	struct outcome outcome; /* of the last that ended, without the order */
	char failed[64];        /* the text of the order that failed */
};

/* The wall clock of what is under test; bench_init() sets it to BENCH_NOW_MS. */
void bench_set_now(int64_t now_ms);
int64_t bench_now(void);

/* Makes everything. */
void bench_init(struct bench *bench, const struct fake_step *script, size_t count);

/* Fails the test when the script was not followed, or something is still under way; frees
 * everything. */
void bench_finish(struct bench *bench);

/* Room for count orders. */
struct orders bench_orders(size_t count);

/* An order of the channel n/shop about an object in n. */
struct order bench_order(enum action_kind action, enum kind kind, const char *name);

/* Begins orders, or one order, for key; the end is noted in bench. */
void bench_start(struct bench *bench, const char *key, struct orders *orders_take);
void bench_begin(struct bench *bench, const char *key, struct order order);

/* Begins an order for n/shop and waits for its end. */
void bench_run(struct bench *bench, struct order order);

#endif
