#include "reconcile/report.h"

#include <stdio.h>
#include <string.h>

#include "telemetry/log.h"

/* A line of the log has 8 KiB; a plan that is longer is cut. */
#define PLAN_TEXT_MAX (6 * 1024)

/* Asking happens all the time; changing something is worth a line. */
static bool changes_something(const struct orders *orders)
{
	for (size_t i = 0; i < orders->count; i++) {
		enum action_kind action = orders->items[i].action;

		if (action != ACTION_LIST_TAGS && action != ACTION_RESOLVE && action != ACTION_CHECK_SIGNATURES &&
		    action != ACTION_READ_KEY && action != ACTION_FIND_WORKLOAD)
			return true;
	}
	return false;
}

void report_plan(const char *key, const struct plan *plan, const struct orders *orders,
		 struct metrics *metrics)
{
	char summary[256];

	for (size_t i = 0; i < orders->count; i++)
		metrics_plan_action(metrics, action_name(orders->items[i].action));
	if (changes_something(orders))
		log_info("carrying out a plan", log_text("channel", key),
			 log_text("promotion", plan->promotion),
			 log_text("actions", orders_summary(orders, summary, sizeof(summary))));
	if (log_is_enabled(LOG_LEVEL_DEBUG)) {
		auto_buf text = BUF_INIT(PLAN_TEXT_MAX);
		struct err err = ERR_INIT;
		int r = plan_text(plan, &text, &err);

		log_debug("plan", log_text("channel", key), log_text("plan", buf_text(&text)),
			  log_text("cut", r < 0 ? "here" : NULL));
	}
}

void report_failure(const char *key, const struct outcome *outcome, const struct retry *retry,
		    int64_t delay_ms)
{
	const char *text = outcome->failed->text;
	char action[256]; /* the first line, without the conditions of a status */
	enum log_level level = retry->kind == RETRY_SOON || outcome->is_news ? LOG_LEVEL_DEBUG
									     : LOG_LEVEL_WARN;

	(void)snprintf(action, sizeof(action), "%.*s", (int)strcspn(text, "\n"), text);
	log_write(level, "an action failed",
		  LOG_FIELDS(log_text("channel", key), log_text("action", action),
			     log_text("retry", retry_name(retry->kind)),
			     log_number("delayMs", delay_ms), log_error(&outcome->err)));
}

const char *report_result(const struct outcome *outcome, bool wakes)
{
	if (outcome->failed != NULL &&
	    (outcome->is_news || retry_for(&outcome->err).kind == RETRY_SOON))
		return "requeue";
	if (outcome->failed != NULL)
		return "error";
	if (outcome->is_news || outcome->is_cut_short)
		return "requeue";
	return wakes ? "requeue_after" : "success";
}
