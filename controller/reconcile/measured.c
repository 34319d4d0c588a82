#include "reconcile/measured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"

struct answer {
	char *question; /* server, Secret and query: whether an answer is one to today's spec */
	bool is_asking;
	bool is_there; /* values, or err */
	double *values;
	size_t count;
	struct err err;
	int64_t at_ms;
	int64_t asked_ms;
};

struct measured {
	struct measured_options options;
	struct map answers; /* "namespace/name metric" → struct answer * */
};

/* A question under way: it finds its answer again by key. */
struct asking {
	struct measured *measured;
	char *channel;
	char *key;
	char *question;
};

static char *format(const char *a, const char *b, const char *c)
{
	return memory_printf("%s %s %s", a == NULL ? "" : a, b == NULL ? "" : b, c == NULL ? "" : c);
}

static char *question_of(const struct metric_spec *spec)
{
	return format(spec->url, spec->secret, spec->query);
}

struct measured *measured_create(const struct measured_options *options)
{
	struct measured *measured = memory_alloc(sizeof(*measured));

	measured->options = *options;
	return measured;
}

static void answer_free(struct answer *answer)
{
	if (answer == NULL)
		return;
	free(answer->question);
	free(answer->values);
	free(answer);
}

static struct answer *find(const struct measured *measured, const char *key, const struct metric_spec *spec)
{
	char *name = format(key, spec->name, NULL);
	struct answer *answer = map_get(&measured->answers, name);

	free(name);
	return answer;
}

/* The place for the answer to the spec's question; one to another question goes. */
static struct answer *make(struct measured *measured, const char *key, const struct metric_spec *spec)
{
	char *name = format(key, spec->name, NULL);
	char *question = question_of(spec);
	struct answer *answer = map_get(&measured->answers, name);

	if (answer == NULL || !str_equal(answer->question, question)) {
		answer_free(answer);
		answer = memory_alloc(sizeof(*answer));
		answer->question = question;
		(void)map_put(&measured->answers, name, answer);
	} else {
		free(question);
	}
	free(name);
	answer->asked_ms = measured->options.now_ms();
	return answer;
}

static void set(const struct measured *measured, struct answer *answer, const double *values, size_t count,
		const struct err *err)
{
	answer->is_asking = false;
	answer->is_there = true;
	answer->at_ms = measured->options.now_ms();
	answer->err = *err;
	free(answer->values);
	answer->values = memory_array(count + 1, sizeof(*values));
	answer->count = count;
	if (count > 0)
		memcpy(answer->values, values, count * sizeof(*values));
}

static void asking_free(struct asking *asking)
{
	free(asking->channel);
	free(asking->key);
	free(asking->question);
	free(asking);
}

static void on_answer(void *user, const double *values, size_t count, const struct err *err)
{
	struct asking *asking = user;
	struct measured *measured = asking->measured;
	struct answer *answer = map_get(&measured->answers, asking->key);

	if (answer != NULL && str_equal(answer->question, asking->question)) {
		set(measured, answer, values, count, err);
		measured->options.wake(measured->options.user, asking->channel);
	}
	asking_free(asking);
}

void measured_ask(struct measured *measured, const char *key, const struct metric_spec *spec,
		  const struct prometheus_credentials *credentials)
{
	const struct prometheus_query query = { spec->url, spec->query, credentials };
	struct answer *answer = make(measured, key, spec);
	struct asking *asking;
	struct err err = ERR_INIT;

	if (answer->is_asking)
		return;
	asking = memory_alloc(sizeof(*asking));
	*asking = (struct asking){ measured, memory_strdup(key), format(key, spec->name, NULL), question_of(spec) };
	if (prometheus_ask(measured->options.prometheus, &query, on_answer, asking, &err) == 0) {
		answer->is_asking = true;
		return;
	}
	asking_free(asking);
	measured_set_failure(measured, key, spec, &err);
}

void measured_set_failure(struct measured *measured, const char *key, const struct metric_spec *spec,
			  const struct err *err)
{
	set(measured, make(measured, key, spec), NULL, 0, err);
	measured->options.wake(measured->options.user, key);
}

void measured_fill(const struct measured *measured, const char *key, const struct metric_spec *spec,
		   struct arena *arena, struct metric_look *ret_look)
{
	const struct answer *answer = find(measured, key, spec);
	char *question = question_of(spec);
	bool is_ours = answer != NULL && str_equal(answer->question, question);
	double *values;

	free(question);
	if (!is_ours)
		return;
	ret_look->at_ms = answer->at_ms;
	if (answer->is_asking) {
		ret_look->state = KNOWLEDGE_PENDING;
		return;
	}
	if (!answer->is_there)
		return;
	ret_look->state = err_is_set(&answer->err) ? KNOWLEDGE_FAILED : KNOWLEDGE_KNOWN;
	ret_look->failure.class = answer->err.class;
	ret_look->failure.message = arena_strdup(arena, answer->err.text);
	values = arena_new_array(arena, answer->count, double);
	for (size_t i = 0; i < answer->count; i++)
		values[i] = answer->values[i];
	ret_look->values = values;
	ret_look->count = answer->count;
}

void measured_sweep(struct measured *measured)
{
	int64_t before_ms = measured->options.now_ms() - MEASURED_LIFE_MS;
	size_t cursor = 0;
	const char *key;
	void *value;

	while (map_next(&measured->answers, &cursor, &key, &value)) {
		struct answer *answer = value;

		if (answer->is_asking || answer->asked_ms >= before_ms)
			continue;
		(void)map_remove(&measured->answers, key);
		answer_free(answer);
	}
}

void measured_destroy(struct measured *measured)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (measured == NULL)
		return;
	while (map_next(&measured->answers, &cursor, &key, &value))
		answer_free(value);
	map_finish(&measured->answers);
	free(measured);
}
