#include "telemetry/series.h"

#include <stdio.h>

#include "suite.h"

static const double bounds[] = { 0.1, 1, 10 };

static const struct metric_info counter = {
	.name = "test_things_total",
	.type = METRIC_COUNTER,
	.help = "Things.",
	.labels = { "kind", "reason" },
};
static const struct metric_info gauge = {
	.name = "test_things",
	.type = METRIC_GAUGE,
	.help = "Things now.",
};
static const struct metric_info histogram = {
	.name = "test_time_seconds",
	.type = METRIC_HISTOGRAM,
	.help = "Time.",
	.labels = { "name" },
	.bounds = bounds,
	.bound_count = 3,
};

#define LABELS(...) ((const char *const[METRIC_LABELS]){ __VA_ARGS__ })

/* The text of a family; the caller frees. */
static char *text_of(const struct family *family)
{
	struct buf buf = BUF_INIT(1000000);
	struct err err = ERR_INIT;

	ck_assert_int_eq(family_write(family, &buf, &err), 0);
	return buf_take(&buf);
}

static void expect_text(const char *row, const struct family *family, const char *want)
{
	char *text = text_of(family);

	expect_str(row, text, want);
	free(text);
}

START_TEST(counters_by_labels)
{
	struct family family;

	family_init(&family, &counter);
	expect_text("nobody counted: nothing is written", &family, "");
	family_series(&family, LABELS("Pod", "gone"))->value++;
	family_series(&family, LABELS("Pod", "gone"))->value++;
	family_series(&family, LABELS("Service", NULL))->value++;
	expect_text("one line a set of labels", &family,
		    "# HELP test_things_total Things.\n"
		    "# TYPE test_things_total counter\n"
		    "test_things_total{kind=\"Pod\",reason=\"gone\"} 2\n"
		    "test_things_total{kind=\"Service\",reason=\"\"} 1\n");
	family_finish(&family);
}
END_TEST

static const struct {
	const char *name;
	double value;
	const char *want;
} values[] = {
	{ "zero", 0, "0" },
	{ "a whole number", 42, "42" },
	{ "a large whole number", 1795533000.0, "1795533000" },
	{ "a fraction in its short form", 0.1, "0.1" },
	{ "a fraction that needs all digits", 0.1 + 0.2, "0.30000000000000004" },
	{ "a negative number", -1.5, "-1.5" },
	{ "a very large number", 1e300, "1e+300" },
};

START_TEST(numbers_read_back_the_same)
{
	struct family family;
	char want[128];

	family_init(&family, &gauge);
	family_series(&family, LABELS(NULL))->value = values[_i].value;
	(void)snprintf(want, sizeof(want),
		       "# HELP test_things Things now.\n# TYPE test_things gauge\ntest_things %s\n",
		       values[_i].want);
	expect_text(values[_i].name, &family, want);
	family_finish(&family);
}
END_TEST

START_TEST(histograms_add_up)
{
	static const double seconds[] = { 0.05, 0.1, 0.5, 1, 2, 100 };
	struct family family;

	family_init(&family, &histogram);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		series_observe(&family, family_series(&family, LABELS("q")), seconds[i]);
	expect_text("a bound belongs to its bucket; buckets hold all below", &family,
		    "# HELP test_time_seconds Time.\n"
		    "# TYPE test_time_seconds histogram\n"
		    "test_time_seconds_bucket{name=\"q\",le=\"0.1\"} 2\n"
		    "test_time_seconds_bucket{name=\"q\",le=\"1\"} 4\n"
		    "test_time_seconds_bucket{name=\"q\",le=\"10\"} 5\n"
		    "test_time_seconds_bucket{name=\"q\",le=\"+Inf\"} 6\n"
		    "test_time_seconds_sum{name=\"q\"} 103.65\n"
		    "test_time_seconds_count{name=\"q\"} 6\n");
	family_finish(&family);
}
END_TEST

static const struct {
	const char *name;
	const char *value;
	const char *want;
} labels[] = {
	{ "quotes, backslashes, newlines", "a\"b\\c\nd", "a\\\"b\\\\c\\nd" },
	{ "UTF-8 stays", "Zürich", "Zürich" },
	{ "what is no UTF-8 would spoil the whole page", "a\xFF", "a\xEF\xBF\xBD" },
	{ "braces and commas are only text", "a\"},b{c=", "a\\\"},b{c=" },
};

START_TEST(label_values_are_escaped)
{
	struct family family;
	char *text;
	char want[128];

	family_init(&family, &counter);
	family_series(&family, LABELS(labels[_i].value, "r"))->value = 1;
	(void)snprintf(want, sizeof(want), "test_things_total{kind=\"%s\",reason=\"r\"} 1\n",
		       labels[_i].want);
	text = text_of(&family);
	expect_contains(labels[_i].name, text, want);
	free(text);
	family_finish(&family);
}
END_TEST

START_TEST(a_long_label_value_is_cut_between_characters)
{
	struct family family;
	char value[400];
	struct series *series;

	for (size_t i = 0; i < sizeof(value) - 1; i++)
		value[i] = i == 0 ? 'a' : (i % 2 == 1 ? '\xC3' : '\xA9');
	value[sizeof(value) - 1] = '\0';
	family_init(&family, &counter);
	series = family_series(&family, LABELS(value, "r"));
	expect_int("an odd border inside a character", strlen(series->labels[0]), 127);
	expect("the same value finds it again", family_series(&family, LABELS(value, "r")) == series);
	family_finish(&family);
}
END_TEST

START_TEST(labels_are_kept_apart)
{
	struct family family;

	family_init(&family, &counter);
	expect("a border between values counts", family_series(&family, LABELS("ab", "c")) !=
							 family_series(&family, LABELS("a", "bc")));
	family_finish(&family);
}
END_TEST

START_TEST(the_number_of_series_is_bounded)
{
	struct family family;
	double sum = 0;
	char name[32];

	family_init(&family, &counter);
	for (int n = 0; n < 5000; n++) {
		(void)snprintf(name, sizeof(name), "kind-%d", n);
		family_series(&family, LABELS(name, "r"))->value++;
	}
	expect_int("as many as allowed", family.all.len, SERIES_MAX);
	for (size_t i = 0; i < family.all.len; i++)
		sum += ((struct series *)family.all.items[i])->value;
	expect_int("nothing is lost", (int)sum, 5000);
	expect_int("the rest is under other", (int)family_series(&family, LABELS("other", "other"))->value,
		   5000 - (SERIES_MAX - 1));
	expect_int("old ones are still counted", (int)family_series(&family, LABELS("kind-3", "r"))->value, 1);
	family_finish(&family);
}
END_TEST

START_TEST(a_full_buffer_is_an_error)
{
	struct family family;
	struct buf buf = BUF_INIT(60);
	struct err err = ERR_INIT;

	family_init(&family, &counter);
	family_series(&family, LABELS("Pod", "gone"))->value++;
	expect_int("it says so", family_write(&family, &buf, &err), ERR_INPUT);
	buf_finish(&buf);
	family_finish(&family);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, counters_by_labels);
	suite_add_rows(tests, numbers_read_back_the_same, values);
	tcase_add_test(tests, histograms_add_up);
	suite_add_rows(tests, label_values_are_escaped, labels);
	tcase_add_test(tests, a_long_label_value_is_cut_between_characters);
	tcase_add_test(tests, labels_are_kept_apart);
	tcase_add_test(tests, the_number_of_series_is_bounded);
	tcase_add_test(tests, a_full_buffer_is_an_error);
}

SUITE_MAIN("series", add)
