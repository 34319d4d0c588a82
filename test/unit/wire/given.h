/*
 * test/unit/wire/given: objects for the tests of this room, written as YAML.
 */
#ifndef SLUICE_TEST_WIRE_GIVEN_H
#define SLUICE_TEST_WIRE_GIVEN_H

#include <stdio.h>

#include "base/clock.h"
#include "suite.h"
#include "wire/record.h"
#include "wire/yaml.h"

#define GIVEN_MAX ((size_t)1 << 20)

/* The n-th document of YAML text as JSON, malloc'd. */
static inline char *given_json(const char *yaml, size_t n)
{
	struct err err = ERR_INIT;
	auto_buf out = BUF_INIT(GIVEN_MAX);
	char *save = NULL;
	char *line;

	ck_assert_msg(yaml_to_json(yaml, strlen(yaml), &out, &err) == 0, "%s", err.text);
	line = strtok_r(out.data, "\n", &save);
	for (size_t i = 0; i < n && line != NULL; i++)
		line = strtok_r(NULL, "\n", &save);
	ck_assert_msg(line != NULL, "there is no document %zu", n);
	return strdup(line);
}

/* The object in YAML text, decoded; the error in err otherwise, and NULL. */
static inline struct record *given_try(enum kind kind, const char *yaml, struct err *err)
{
	struct record *record = NULL;
	char *json = given_json(yaml, 0);
	int r = record_from_json(kind, json, strlen(json), &record, err);

	ck_assert_int_eq(r, err->class);
	free(json);
	return record;
}

/* The object in YAML text, decoded; it is good. */
static inline struct record *given_record(const char *row, enum kind kind, const char *yaml)
{
	struct err err = ERR_INIT;
	struct record *record = given_try(kind, yaml, &err);

	ck_assert_msg(record != NULL, "%s: %s", row, err.text);
	return record;
}

/* A file as text, malloc'd. The folder is in the environment, where meson puts it. */
static inline char *given_file_of(const char *folder, const char *name)
{
	char path[512];
	char *text = calloc(1, GIVEN_MAX);
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv(folder), name);
	file = fopen(path, "r");
	ck_assert_msg(file != NULL && text != NULL, "cannot read %s", path);
	ck_assert(fread(text, 1, GIVEN_MAX - 1, file) > 0);
	(void)fclose(file);
	return text;
}

/* A file of test/unit/wire/data as text, malloc'd. */
static inline char *given_file(const char *name)
{
	return given_file_of("WIRE_DATA", name);
}

/* The n-th document of such a file, decoded; it is good. */
static inline struct record *given_document(enum kind kind, const char *name, size_t n)
{
	struct err err = ERR_INIT;
	struct record *record = NULL;
	char *text = given_file(name);
	char *json = given_json(text, n);

	ck_assert_msg(record_from_json(kind, json, strlen(json), &record, &err) == 0, "%s", err.text);
	free(json);
	free(text);
	return record;
}

/* A time as Kubernetes writes it, in ms. */
static inline int64_t given_time(const char *text)
{
	int64_t ms = 0;

	ck_assert(clock_parse(text, &ms));
	return ms;
}

#endif
