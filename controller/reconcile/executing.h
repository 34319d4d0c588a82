/*
 * reconcile/executing: what the files of the executor share, and nobody else may include.
 *
 *	execute.c  jobs: one order after the other, one write at a time to one object
 *	learn.c    what the answers about objects teach
 *	measure.c  questions to Prometheus, with the Secret in between
 *	ask.c      questions to registries, with the pull secret in between
 *	read_key.c reading public keys from ConfigMaps
 *	notice.c   conditions in the status of objects that are not decoded
 */
#ifndef SLUICE_RECONCILE_EXECUTING_H
#define SLUICE_RECONCILE_EXECUTING_H

#include "reconcile/execute.h"

/* The orders of one key under way. It lives until the last one has ended. */
struct job {
	struct executor *executor;
	char *key;
	struct orders orders;
	size_t next; /* the order under way */
	const struct order *pins; /* an order whose object is taken before its turn; NULL: none */
	const struct order *set_aside; /* it failed, and nothing rests on it: the others were gone on with; NULL: none */
	struct err set_aside_err;
	bool is_news;
	int64_t again_ms;
	execute_done_fn done;
	void *user;
};

/* What beginning an order comes to, beside a negative class. */
enum job_step {
	JOB_GOES_ON = 0, /* it is done */
	JOB_WAITS = 1,   /* job_go_on() will be called */
	JOB_STOPS = 2,   /* the plan is old: the key is looked at again, now or when it is told */
};

const struct executor_tools *job_tools(const struct job *job);

/* The order under way. */
const struct order *job_order(const struct job *job);

/* The order under way has ended, well or not. The job may be gone afterwards. */
void job_go_on(struct job *job, const struct err *err);

/* Records what a failed request teaches; clears err when that is all that was wanted of it. manager
 * owns the field of a conflict, "" otherwise. */
void learn_from_failure(struct job *job, const struct order *order, const char *manager,
			struct err *err);

/* Records what an answer teaches; sets err when it is not what the order was for. record is NULL
 * for deletions. */
void learn_from_answer(struct job *job, const struct order *order, struct record *record,
		       struct err *err);

/* An autoscaler, a Service, a promotion of automation, a deletion: no other order rests on it, so its failure keeps nothing else back. */
bool order_stands_alone(const struct order *order);

/* Did the apiserver refuse the order's object as it is, not long ago? */
bool learned_that_it_is_refused(const struct job *job, const struct order *order);

/* Begins MEASURE. */
int start_measure(struct job *job, const struct order *order, struct err *err);

/* Begins LIST_TAGS, RESOLVE or CHECK_SIGNATURES. */
int start_lookup(struct job *job, const struct order *order, struct err *err);

/* Begins READ_KEY. */
int start_read_key(struct job *job, const struct order *order, struct err *err);

/* Begins NOTICE. */
int start_notice(struct job *job, const struct order *order, struct err *err);

#endif
