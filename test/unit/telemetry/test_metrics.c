#include "telemetry/metrics.h"

#include <stdio.h>
#include <time.h>

#include "feed.h"
#include "suite.h"

/* The exposition as text; the caller frees. */
static char *text_of(struct metrics *metrics)
{
	struct buf buf = BUF_INIT(1000000);
	struct err err = ERR_INIT;

	ck_assert_int_eq(metrics_write(metrics, &buf, &err), 0);
	return buf_take(&buf);
}

/* The value of a series without labels, written in text. */
static double value_of(const char *text, const char *name)
{
	char line[128];
	const char *found;

	(void)snprintf(line, sizeof(line), "\n%s ", name);
	found = strstr(text, line);
	ck_assert_msg(found != NULL, "no %s", name);
	return strtod(found + strlen(line), NULL);
}

static const char *const fed[] = {
	"controller_runtime_reconcile_total{controller=\"channel\",result=\"success\"} 1\n",
	"controller_runtime_reconcile_total{controller=\"channel\",result=\"error\"} 1\n",
	"controller_runtime_reconcile_errors_total{controller=\"channel\"} 1\n",
	"controller_runtime_reconcile_time_seconds_bucket{controller=\"channel\",le=\"0.005\"} 1\n",
	"controller_runtime_reconcile_time_seconds_count{controller=\"channel\"} 2\n",
	"workqueue_depth{name=\"channel\"} 3\n",
	"workqueue_adds_total{name=\"channel\"} 1\n",
	"workqueue_queue_duration_seconds_count{name=\"channel\"} 1\n",
	"workqueue_retries_total{name=\"channel\"} 1\n",
	"rest_client_requests_total{code=\"200\",method=\"PATCH\",host=\"10.0.0.1:443\"} 1\n",
	"rest_client_requests_total{code=\"<error>\",method=\"PATCH\",host=\"10.0.0.1:443\"} 1\n",
	"rest_client_request_duration_seconds_sum{verb=\"PATCH\",host=\"10.0.0.1:443\"} 0.003\n",
	"leader_election_master_status{name=\"sluice\"} 1\n",
	"sluice_build_info{version=\"1.2.3\"} 1\n",
	"sluice_watch_events_total{kind=\"Deployment\",type=\"MODIFIED\"} 1\n",
	"sluice_watch_relists_total{kind=\"Deployment\",reason=\"Gone\"} 1\n",
	"sluice_watch_last_byte_age_seconds{kind=\"Deployment\"} 12.5\n",
	"sluice_store_objects{kind=\"Deployment\"} 40\n",
	"sluice_store_bytes{kind=\"Deployment\"} 65536\n",
	"sluice_promotions_total{result=\"Succeeded\"} 1\n",
	"sluice_channels{state=\"Ready\"} 5\n",
	"sluice_registry_requests_total{code=\"429\"} 1\n",
	"sluice_credential_renewals_total{source=\"token file\",result=\"success\"} 1\n",
	"sluice_credential_renewals_total{source=\"credential plugin\",result=\"failure\"} 1\n",
	"sluice_plan_actions_total{action=\"pin\"} 1\n",
	"sluice_guard_enforced 1\n",
	"sluice_event_dropped_total 2\n",
};

START_TEST(what_is_fed_is_shown)
{
	struct metrics *metrics = metrics_create("1.2.3");
	char *text;

	feed_all(metrics);
	text = text_of(metrics);
	expect_contains("one line of the page", text, fed[_i]);
	free(text);
	metrics_destroy(metrics);
}
END_TEST

/* feed_all() calls every function; a metric of the table that is not there has nobody to feed it. */
START_TEST(every_metric_has_somebody_to_feed_it)
{
	struct metrics *metrics = metrics_create("1.2.3");
	char line[256];
	char *text;
	size_t count = 0;

	feed_all(metrics);
	text = text_of(metrics);
	for (const struct metric_info *info; (info = metrics_describe(count)) != NULL; count++) {
		(void)snprintf(line, sizeof(line), "# TYPE %s %s\n", info->name,
			       metric_type_name(info->type));
		expect_contains(info->name, text, line);
		expect(info->name, info->help[strlen(info->help) - 1] == '.');
	}
	expect_int("the walk ends at the end", count, METRIC_COUNT);
	free(text);
	metrics_destroy(metrics);
}
END_TEST

START_TEST(the_process_is_measured)
{
	struct metrics *metrics = metrics_create("1.2.3");
	char *text = text_of(metrics);
	double age = (double)time(NULL) - value_of(text, "process_start_time_seconds");

	expect("memory between 100 KiB and 16 GiB",
	       value_of(text, "process_resident_memory_bytes") > 1e5 &&
		       value_of(text, "process_resident_memory_bytes") < 1.7e10);
	expect("at least three open files", value_of(text, "process_open_fds") >= 3);
	expect("less than an hour of CPU", value_of(text, "process_cpu_seconds_total") < 3600);
	expect("it started within the last hour", age > -2 && age < 3600);
	free(text);
	metrics_destroy(metrics);
}
END_TEST

struct depth {
	struct metrics *metrics;
	size_t asked;
};

static void collect(void *user)
{
	struct depth *depth = user;

	metrics_queue_set_depth(depth->metrics, "channel", ++depth->asked);
}

START_TEST(gauges_are_asked_for_when_somebody_looks)
{
	struct depth depth = { .metrics = metrics_create("1.2.3") };
	char *text;

	metrics_on_collect(depth.metrics, collect, &depth);
	expect_int("nobody looked", depth.asked, 0);
	free(text_of(depth.metrics));
	text = text_of(depth.metrics);
	expect_contains("looked twice", text, "workqueue_depth{name=\"channel\"} 2\n");
	free(text);
	metrics_destroy(depth.metrics);
	metrics_destroy(NULL);
}
END_TEST

static const struct {
	const char *name;
	int code;
	const char *want;
} codes[] = {
	{ "no answer", 0, "{code=\"<error>\"} 1\n" },   { "an ordinary answer", 200, "{code=\"200\"} 1\n" },
	{ "the last code", 599, "{code=\"599\"} 1\n" }, { "no code at all", 1000, "{code=\"<error>\"} 1\n" },
	{ "a class of errors", -7, "{code=\"<error>\"} 1\n" },
};

START_TEST(codes_are_bounded)
{
	struct metrics *metrics = metrics_create("1.2.3");
	char *text;

	metrics_registry_request(metrics, codes[_i].code);
	text = text_of(metrics);
	expect_contains(codes[_i].name, text, codes[_i].want);
	free(text);
	metrics_destroy(metrics);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, what_is_fed_is_shown, fed);
	tcase_add_test(tests, every_metric_has_somebody_to_feed_it);
	tcase_add_test(tests, the_process_is_measured);
	tcase_add_test(tests, gauges_are_asked_for_when_somebody_looks);
	suite_add_rows(tests, codes_are_bounded, codes);
}

SUITE_MAIN("metrics", add)
