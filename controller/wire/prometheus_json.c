#include "wire/prometheus_json.h"

#include <stdlib.h>

#include "base/str.h"
#include "wire/json_read.h"

#define ANSWER_LONGEST ((size_t)1024 * 1024)

/* [seconds, "value"] */
static int read_sample(struct tree *tree, const struct tree_node *pair, double *ret, struct err *err)
{
	const char *text = tree_text(tree, tree_item(tree, pair, 1));
	char *end = NULL;

	if (text != NULL)
		*ret = strtod(text, &end);
	if (end == NULL || end == text || *end != '\0')
		return err_set(err, ERR_INPUT, "the answer holds a sample that is no number");
	return 0;
}

static int read_vector(struct tree *tree, const struct tree_node *list, struct arena *arena, double **ret_values,
		       size_t *ret_count, struct err *err)
{
	size_t count = tree_count(list);
	int r = 0;

	if (count > PROMETHEUS_SAMPLES_MAX)
		return err_set(err, ERR_INPUT, "the query gives more than %d samples: aggregate them",
			       PROMETHEUS_SAMPLES_MAX);
	*ret_values = arena_new_array(arena, count, double);
	*ret_count = count;
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct tree_node *sample = tree_item(tree, list, i);

		if (tree_get(tree, sample, "histogram") != NULL)
			return err_set(err, ERR_INPUT,
				       "the query gives a histogram: ask for a number, by histogram_quantile() for one");
		r = read_sample(tree, tree_get(tree, sample, "value"), &(*ret_values)[i], err);
	}
	return r;
}

static int read_data(struct tree *tree, struct arena *arena, double **ret_values, size_t *ret_count, struct err *err)
{
	const struct tree_node *data = tree_get(tree, tree_root(tree), "data");
	const char *type = tree_text(tree, tree_get(tree, data, "resultType"));
	const struct tree_node *result = tree_get(tree, data, "result");

	if (str_equal(type, "vector") && tree_is(result, TREE_LIST))
		return read_vector(tree, result, arena, ret_values, ret_count, err);
	if (str_equal(type, "scalar")) {
		*ret_values = arena_new_array(arena, 1, double);
		*ret_count = 1;
		return read_sample(tree, result, *ret_values, err);
	}
	return err_set(err, ERR_INPUT, "the query gives a %.40s, not a vector or a scalar", type == NULL ? "nothing" : type);
}

int prometheus_samples_from_json(const char *json, size_t len, struct arena *arena, double **ret_values,
				 size_t *ret_count, struct err *err)
{
	auto_json *tree = NULL;
	const char *complaint;
	int r = read_tree(json, len, ANSWER_LONGEST, &tree, err);

	if (r < 0)
		return r;
	complaint = tree_text(tree, tree_get(tree, tree_root(tree), "error"));
	if (complaint != NULL)
		return err_set(err, ERR_INPUT, "%s", complaint);
	if (!str_equal(tree_text(tree, tree_get(tree, tree_root(tree), "status")), "success"))
		return err_set(err, ERR_INPUT, "the answer is not one of Prometheus");
	return read_data(tree, arena, ret_values, ret_count, err);
}
