/*
 * reconcile/report: what looks tell the log and the metrics.
 * May include: base, domain, telemetry, reconcile.
 */
#ifndef SLUICE_RECONCILE_REPORT_H
#define SLUICE_RECONCILE_REPORT_H

#include "domain/plan.h"
#include "reconcile/execute.h"
#include "reconcile/order.h"
#include "reconcile/retry.h"

/* A plan is about to be carried out: counts its actions; one line for a plan that changes
 * something, and for those who debug the whole text of every plan. */
void report_plan(const char *key, const struct plan *plan, const struct orders *orders,
		 struct metrics *metrics);

/* An order failed, and key comes back after delay_ms. What the next look will deal with is not
 * worth a warning. */
void report_failure(const char *key, const struct outcome *outcome, const struct retry *retry,
		    int64_t delay_ms);

/* How a look ended, in the word of metrics_reconciled(). */
const char *report_result(const struct outcome *outcome, bool wakes);

#endif
