/*
 * test/unit/reconcile/stage: a reconciler over a bench's tools, which acts upon every change of the store.
 * May include: bench.h, reconcile/reconcile.h.
 */
#ifndef SLUICE_TEST_RECONCILE_STAGE_H
#define SLUICE_TEST_RECONCILE_STAGE_H

#include "bench.h"
#include "reconcile/reconcile.h"

#define STATUS_OF(name)                                                                            \
	.method = "PATCH",                                                                         \
	.target = "/apis/sluice.dev/v1alpha1/namespaces/n/releasechannels/" name "/status?*"
/* An answer that leaves everything as it is, and is not worth another try for minutes. */
#define REFUSED                                                                                    \
	.status = 422, .reply_headers = JSON_TYPE, .reply = STATUS(422, "Invalid", "no")

struct stage {
	struct bench bench;
	struct reconciler *reconciler;
	bool is_stopped;
};

/* Makes everything; two keys may be under way. */
void stage_init(struct stage *stage, const struct fake_step *script, size_t count);

/* Stops the reconciler unless it is stopped, waits for that, and frees everything; fails the test as bench_finish() does. */
void stage_finish(struct stage *stage);

/* Puts an object into the store. */
void stage_put(struct stage *stage, enum kind kind, const char *json);

/* From now on the replica is synced and leads. */
void stage_begin_work(struct stage *stage);

/* Runs until the server has seen count requests in all, and then to see that there is not one
 * more. */
void stage_expect_requests(struct stage *stage, size_t count);

/* Asks the reconciler to stop; when it has, is_stopped says so. */
void stage_stop(struct stage *stage);

#endif
