/*
 * telemetry/log: one JSON object a line, on standard error.
 *
 * {"ts":"2026-11-24T15:10:00.123000Z","level":"info","msg":"promotion started","namespace":"shop-beta"}
 *
 * The message is a constant sentence without data; the data are fields, so that lines can be counted
 * and searched. A line is at most 8 KiB, written by one write(); what is longer is cut and marked
 * "truncated":true. Texts may be anything: what is no UTF-8 and what would move a terminal's cursor
 * is escaped. Of lines that are equal but for the time, five are written in ten seconds; the next one
 * after that says in "repeated" how many were not. The sink is the one global of the process.
 * Only main, reconcile and cli log: the rooms below return errors.
 *
 * May include: base. Deliberately absent: a JSON library (they allocate), files, rotation (the node's work).
 */
#ifndef SLUICE_TELEMETRY_LOG_H
#define SLUICE_TELEMETRY_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_kind { LOG_KIND_NONE, LOG_KIND_TEXT, LOG_KIND_NUMBER, LOG_KIND_ERROR };

/* One field of a line; made by log_text(), log_number(), log_error(). */
struct log_field {
	enum log_kind kind;
	const char *key;
	const char *text;
	int64_t number;
	const struct err *err;
};

/* Where lines go from now on: to fd, of this level and above. now_ms gives the time of the lines and
 * of the rate limit; NULL: the wall clock. Before the first call: info, standard error. */
void log_open(enum log_level level, int fd, int64_t (*now_ms)(void));

/* Reads "error", "warn", "info" or "debug". false when it is none of them. */
bool log_parse_level(const char *text, enum log_level *ret_level);

/* Would a line of this level be written? For fields that are costly to make. */
bool log_is_enabled(enum log_level level);

/* A text field; NULL leaves the field out. */
static inline struct log_field log_text(const char *key, const char *text)
{
	return (struct log_field){ .kind = LOG_KIND_TEXT, .key = key, .text = text };
}

static inline struct log_field log_number(const char *key, int64_t number)
{
	return (struct log_field){ .kind = LOG_KIND_NUMBER, .key = key, .number = number };
}

/* Two fields: "error" with the text and "errorClass" with the class's name. An err that is not set
 * leaves both out. */
static inline struct log_field log_error(const struct err *err)
{
	return (struct log_field){ .kind = LOG_KIND_ERROR, .err = err };
}

/* Writes a line; fields end with one of kind LOG_KIND_NONE. Never fails and never blocks for memory:
 * a line that cannot be written is lost. Call it by the macros below. */
void log_write(enum log_level level, const char *msg, const struct log_field *fields);

#define LOG_FIELDS(...) \
	((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ) { .kind = LOG_KIND_NONE } })

/* log_warn("the registry does not answer", log_text("host", host), log_error(&err)); */
#define log_at_error(msg, ...) log_write(LOG_LEVEL_ERROR, (msg), LOG_FIELDS(__VA_ARGS__))
#define log_warn(msg, ...) log_write(LOG_LEVEL_WARN, (msg), LOG_FIELDS(__VA_ARGS__))
#define log_info(msg, ...) log_write(LOG_LEVEL_INFO, (msg), LOG_FIELDS(__VA_ARGS__))
#define log_debug(msg, ...) log_write(LOG_LEVEL_DEBUG, (msg), LOG_FIELDS(__VA_ARGS__))

#endif
