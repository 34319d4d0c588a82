/*
 * Verification: a release that has been rolled out is measured before channels downstream may take it.
 *
 * What was measured is in the channel's status, so that a new operator goes on where the last one stood. Each answer is
 * taken once: it has to be from after the moment at which the measurement was due, and the next one is due an interval
 * after it. A time without an operator is not made up for.
 */
#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

static const struct metric_status *find_status(const struct verification_status *v, const char *name)
{
	for (size_t i = 0; i < v->metric_count; i++) {
		if (str_equal(v->metrics[i].name, name))
			return &v->metrics[i];
	}
	return NULL;
}

/* A copy of the metrics' states that may be written, one for each metric of the spec. */
static void take_copy(struct decision *d)
{
	struct verification_status *v = &d->status.verification;
	struct metric_status *metrics = arena_new_array(d->arena, d->channel->metric_count, struct metric_status);

	for (size_t i = 0; i < d->channel->metric_count; i++) {
		const struct metric_status *before = find_status(v, d->channel->metrics[i].name);

		if (before != NULL)
			metrics[i] = *before;
		metrics[i].name = d->channel->metrics[i].name;
	}
	v->metrics = metrics;
	v->metric_count = d->channel->metric_count;
}

static void add(struct decision *d, struct metric_status *s, const struct measurement *m)
{
	size_t kept = s->latest_count < METRIC_LATEST_MAX - 1 ? s->latest_count : METRIC_LATEST_MAX - 1;
	struct measurement *latest = arena_new_array(d->arena, kept + 1, struct measurement);

	latest[0] = *m;
	for (size_t i = 0; i < kept; i++)
		latest[i + 1] = s->latest[i];
	s->latest = latest;
	s->latest_count = kept + 1;
	s->passed += m->verdict == VERDICT_PASSED;
	s->failed += m->verdict == VERDICT_FAILED;
	s->inconclusive += m->verdict == VERDICT_INCONCLUSIVE;
	s->errors += m->verdict == VERDICT_ERROR;
	s->errors_in_a_row = m->verdict == VERDICT_ERROR ? s->errors_in_a_row + 1 : 0;
}

static int64_t measured(const struct metric_status *s)
{
	return s->passed + s->failed + s->inconclusive;
}

static int64_t due_ms(const struct decision *d, const struct metric_spec *spec, const struct metric_status *s)
{
	if (s->latest_count == 0)
		return d->status.verification.started_ms + spec->initial_delay_ms;
	return s->latest[0].at_ms + spec->interval_ms;
}

/* Takes the answer in if it is the one that is due. */
static void take_answer(struct decision *d, const struct metric_spec *spec, const struct metric_look *look,
			struct metric_status *s)
{
	bool is_answer = look->state == KNOWLEDGE_KNOWN || look->state == KNOWLEDGE_FAILED;
	struct measurement m = { .at_ms = look->at_ms, .verdict = VERDICT_ERROR };

	if (!is_answer || look->at_ms < due_ms(d, spec, s))
		return;
	if (look->state == KNOWLEDGE_KNOWN)
		m = metric_judge(spec, look->values, look->count, look->at_ms, d->arena);
	else
		m.message = brief(d, look->failure.message);
	add(d, s, &m);
}

static void ask(struct decision *d, const struct metric_spec *spec, const struct metric_look *look, int64_t due)
{
	struct action *action;

	if (d->world->now_ms < due) {
		plan_wake(d->plan, due, "measurement");
		return;
	}
	if (look->state == KNOWLEDGE_PENDING)
		return;
	action = plan_add(d->plan, d->arena, ACTION_MEASURE);
	action->measure = (struct action_measure){ spec, due };
}

static const char *too_many(struct decision *d, const struct metric_spec *spec, const char *what, int64_t count,
			    const char *field, int64_t limit, const char *last)
{
	return arena_printf(d->arena, "metric %s %s%s%s (%s is %lld), the last time: %s", spec->name, what,
			    count == 1 ? "" : arena_printf(d->arena, " %lld times", (long long)count),
			    count > 1 && str_equal(field, "consecutiveErrorLimit") ? " in a row" : "", field,
			    (long long)limit, last);
}

/* Why the metric ends the verification; NULL: it does not. */
static const char *reason_to_fail(struct decision *d, const struct metric_spec *spec, const struct metric_status *s)
{
	const struct measurement *last = s->latest;
	const char *detail;

	if (s->latest_count == 0)
		return NULL;
	detail = last->message != NULL ? last->message : last->value;
	if (s->failed > spec->failure_limit)
		return too_many(d, spec, "failed", s->failed, "failureLimit", spec->failure_limit, detail);
	if (s->inconclusive > spec->inconclusive_limit)
		return too_many(d, spec, "was inconclusive", s->inconclusive, "inconclusiveLimit",
				spec->inconclusive_limit, detail);
	if (s->errors_in_a_row > spec->error_limit)
		return too_many(d, spec, "could not be measured", s->errors_in_a_row, "consecutiveErrorLimit",
				spec->error_limit, detail);
	return NULL;
}

static void end(struct decision *d, enum verification_result result, const char *message)
{
	d->status.verification.result = result;
	d->status.verification.finished_ms = d->world->now_ms;
	d->status.verification.message = brief(d, message);
}

/* "success-rate 3 of 5, latency 1 of 2" */
static const char *progress(struct decision *d)
{
	const char *text = "";

	for (size_t i = 0; i < d->channel->metric_count; i++)
		text = arena_printf(d->arena, "%s%s%s %lld of %lld", text, i == 0 ? "" : ", ",
				    d->channel->metrics[i].name,
				    (long long)measured(&d->status.verification.metrics[i]),
				    (long long)d->channel->metrics[i].count);
	return *text == '\0' ? "nothing is measured any more" : text;
}

void verification_begin(struct decision *d, const struct release *release, const char *promotion)
{
	d->status.verification = (struct verification_status){
		.result = VERIFICATION_RUNNING,
		.release = release->id,
		.promotion = promotion,
		.request = d->channel->verify_request,
		.started_ms = d->world->now_ms,
	};
}

bool verification_is_of(const struct decision *d, const char *promotion)
{
	return d->status.verification.result != VERIFICATION_NONE &&
	       str_equal(d->status.verification.promotion, promotion);
}

void verification_forget(struct decision *d, const char *promotion)
{
	if (verification_is_of(d, promotion))
		d->status.verification = (struct verification_status){ .request = d->status.verification.request };
}

enum verification_result verification_follow(struct decision *d)
{
	struct verification_status *v = &d->status.verification;
	bool is_done = true;

	if (v->result != VERIFICATION_RUNNING)
		return v->result;
	take_copy(d);
	for (size_t i = 0; i < d->channel->metric_count; i++) {
		const struct metric_spec *spec = &d->channel->metrics[i];
		const char *why;

		if (measured(&v->metrics[i]) < spec->count)
			take_answer(d, spec, &d->world->metrics[i], &v->metrics[i]);
		why = reason_to_fail(d, spec, &v->metrics[i]);
		if (why != NULL) {
			end(d, VERIFICATION_FAILED, why);
			return v->result;
		}
		is_done = is_done && measured(&v->metrics[i]) >= spec->count;
	}
	v->message = brief(d, progress(d));
	if (is_done)
		end(d, VERIFICATION_PASSED, arena_printf(d->arena, "measured: %s", progress(d)));
	return v->result;
}

void verification_ask(struct decision *d)
{
	for (size_t i = 0; i < d->channel->metric_count; i++) {
		const struct metric_spec *spec = &d->channel->metrics[i];
		const struct metric_status *s = &d->status.verification.metrics[i];

		if (measured(s) < spec->count)
			ask(d, spec, &d->world->metrics[i], due_ms(d, spec, s));
	}
}

int64_t verification_over_ms(const struct decision *d)
{
	int64_t over = 0;

	for (size_t i = 0; i < d->channel->metric_count; i++) {
		const struct metric_spec *spec = &d->channel->metrics[i];
		const struct metric_status *s = &d->status.verification.metrics[i];
		int64_t left = spec->count - measured(s);
		int64_t last = left > 0 ? due_ms(d, spec, s) + (left - 1) * spec->interval_ms : 0;

		over = last > over ? last : over;
	}
	return over;
}

/* Somebody asked for it, and no promotion is at work. */
static bool is_requested(const struct decision *d)
{
	return d->channel->metric_count > 0 && !str_is_empty(d->channel->verify_request) &&
	       !str_equal(d->channel->verify_request, d->status.verification.request);
}

void verification_repeat(struct decision *d)
{
	const struct release_stay *current = &d->status.current;
	const struct verification_status *v = &d->status.verification;

	if (d->running != NULL || d->status.desired.release.id != NULL || current->release.id == NULL ||
	    d->channel->is_suspended)
		return;
	if (is_requested(d))
		verification_begin(d, &current->release, current->promotion);
	if (v->result != VERIFICATION_RUNNING || !str_equal(v->release, current->release.id))
		return;
	switch (verification_follow(d)) {
	case VERIFICATION_PASSED:
		verified_mark(d, &current->release, NULL);
		decision_tell(d, NULL, false, "VerificationPassed", v->message);
		break;
	case VERIFICATION_FAILED:
		verified_mark(d, &current->release,
			      arena_printf(d->arena, "its verification failed: %s", v->message));
		decision_tell(d, NULL, true, "VerificationFailed", v->message);
		break;
	default:
		verification_ask(d);
		break;
	}
}
