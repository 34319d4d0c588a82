/* Stops: what is read of them, and which channels they name. */
#include "domain/stop.h"
#include "given.h"

START_TEST(reads_every_field)
{
	const char *row = "the complete stop";
	char *file = given_file("stops.yaml");
	struct record *record = given_record(row, KIND_STOP, file);
	const struct stop *stop = record->object;

	expect_str(row, stop->meta.name, "database-move");
	expect_str(row, stop->reason, "the database moves");
	expect_int(row, stop->count, 6);
	expect_str(row, stop->terms[0].key, "team");
	expect_int(row, stop->terms[0].operator, STOP_IN);
	expect_str(row, stop->terms[0].values[0], "shop");
	expect_str(row, stop->terms[2].key, "stage");
	expect_int(row, stop->terms[2].operator, STOP_IN);
	expect_int(row, stop->terms[2].count, 2);
	expect_str(row, stop->terms[2].values[1], "stable");
	expect_int(row, stop->terms[3].operator, STOP_NOT_IN);
	expect_int(row, stop->terms[4].operator, STOP_EXISTS);
	expect_int(row, stop->terms[4].count, 0);
	expect_int(row, stop->terms[5].operator, STOP_DOES_NOT_EXIST);
	record_unref(record);
	free(file);
}
END_TEST

static const struct {
	const char *name;
	const char *selector;
	bool is_named; /* a channel labelled team=shop, stage=beta */
} selectors[] = {
	{ "no terms name all", "{}", true },
	{ "a label with this value", "{matchLabels: {team: shop}}", true },
	{ "a label with another value", "{matchLabels: {team: bank}}", false },
	{ "a label that it lacks", "{matchLabels: {region: eu}}", false },
	{ "all labels have to be right", "{matchLabels: {team: shop, stage: stable}}", false },
	{ "one of the values", "{matchExpressions: [{key: stage, operator: In, values: [stable, beta]}]}", true },
	{ "none of the values", "{matchExpressions: [{key: stage, operator: In, values: [stable]}]}", false },
	{ "values of a label that it lacks", "{matchExpressions: [{key: region, operator: In, values: [eu]}]}", false },
	{ "not one of the values", "{matchExpressions: [{key: stage, operator: NotIn, values: [stable]}]}", true },
	{ "one of those that it must not be", "{matchExpressions: [{key: stage, operator: NotIn, values: [beta]}]}",
	  false },
	{ "a label that it lacks is no such value", "{matchExpressions: [{key: region, operator: NotIn, values: [eu]}]}",
	  true },
	{ "a label that is there", "{matchExpressions: [{key: stage, operator: Exists}]}", true },
	{ "a label that is not", "{matchExpressions: [{key: region, operator: Exists}]}", false },
	{ "a label that must not be there", "{matchExpressions: [{key: stage, operator: DoesNotExist}]}", false },
	{ "a label that is not there and need not", "{matchExpressions: [{key: region, operator: DoesNotExist}]}", true },
	{ "all terms have to be met",
	  "{matchLabels: {team: shop}, matchExpressions: [{key: stage, operator: NotIn, values: [beta]}]}", false },
};

START_TEST(names_channels_by_their_labels)
{
	const char *row = selectors[_i].name;
	struct record *record;
	char yaml[512];

	(void)snprintf(yaml, sizeof(yaml), "metadata: {name: x}\nspec: {reason: r, selector: %s}\n",
		       selectors[_i].selector);
	record = given_record(row, KIND_STOP, yaml);
	expect_int(row, stop_names(record->object, "stage=beta,team=shop"), selectors[_i].is_named);
	record_unref(record);
}
END_TEST

static const struct {
	const char *name;
	const char *spec;
	const char *why;
} refused[] = {
	{ "a stop without a reason", "{}", "spec.reason: is missing" },
	{ "an expression without an operator", "{reason: r, selector: {matchExpressions: [{key: k}]}}",
	  "spec.selector.matchExpressions[0]: operator is missing" },
	{ "an unknown operator", "{reason: r, selector: {matchExpressions: [{key: k, operator: Like}]}}",
	  "spec.selector.matchExpressions[0].operator: \"Like\" is not one of the words known here" },
	{ "a value that is no text",
	  "{reason: r, selector: {matchExpressions: [{key: k, operator: In, values: [1]}]}}",
	  "spec.selector.matchExpressions[0].values[0]: expected a string, got a whole number" },
};

/* What a selector means must not be guessed: a stop that cannot be read is left out, and said. */
START_TEST(refuses_what_it_cannot_read)
{
	struct err err = ERR_INIT;
	char yaml[512];

	(void)snprintf(yaml, sizeof(yaml), "metadata: {name: x}\nspec: %s\n", refused[_i].spec);
	expect(refused[_i].name, given_try(KIND_STOP, yaml, &err) == NULL);
	expect_contains(refused[_i].name, err.text, refused[_i].why);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, reads_every_field);
	suite_add_rows(tests, names_channels_by_their_labels, selectors);
	suite_add_rows(tests, refuses_what_it_cannot_read, refused);
}

SUITE_MAIN("wire: stop", add)
