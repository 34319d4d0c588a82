#include "reference.h"

#include "base/str.h"
#include "domain/vocabulary.h"
#include "options.h"
#include "telemetry/metrics.h"

static void print_words(FILE *out, enum word_kind kind, const char *subject)
{
	bool has_heading = false;

	for (size_t i = 0; vocabulary_word(i) != NULL; i++) {
		const struct word *word = vocabulary_word(i);

		if (word->kind != kind || !str_equal(word->subject, subject))
			continue;
		if (!has_heading)
			(void)fprintf(out, "\n### %s of a %s\n\n| %s | meaning |\n|---|---|\n",
				      vocabulary_heading(kind), subject, "name");
		has_heading = true;
		(void)fprintf(out, "| `%s` | %s |\n", word->name, word->meaning);
	}
}

static void print_vocabulary(FILE *out)
{
	static const char *const subjects[] = { "ReleaseChannel", "Promotion" };

	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		(void)fprintf(out, "\n## What a %s says\n", subjects[i]);
		for (enum word_kind kind = WORD_CONDITION; kind <= WORD_EVENT; kind++)
			print_words(out, kind, subjects[i]);
	}
}

static void print_metrics(FILE *out)
{
	(void)fprintf(out, "\n## Metrics\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; metrics_describe(i) != NULL; i++) {
		const struct metric_info *m = metrics_describe(i);

		(void)fprintf(out, "| `%s` | %s | ", m->name, metric_type_name(m->type));
		for (size_t k = 0; k < METRIC_LABELS && m->labels[k] != NULL; k++)
			(void)fprintf(out, "%s%s", k == 0 ? "" : ", ", m->labels[k]);
		(void)fprintf(out, " | %s |\n", m->help);
	}
}

static void print_options(FILE *out)
{
	(void)fprintf(out, "\n## Options of the operator\n\nA flag wins over its environment variable.\n\n"
			   "| flag | environment | default | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; options_describe(i) != NULL; i++) {
		const struct option_info *o = options_describe(i);

		(void)fprintf(out, "| `--%s%s%s` | %s%s%s | %s | %s |\n", o->flag,
			      o->argument == NULL ? "" : "=", o->argument == NULL ? "" : o->argument,
			      o->env == NULL ? "" : "`", o->env == NULL ? "" : o->env,
			      o->env == NULL ? "" : "`", o->fallback == NULL ? "" : o->fallback, o->help);
	}
}

void reference_print(FILE *out)
{
	print_vocabulary(out);
	print_metrics(out);
	print_options(out);
}
