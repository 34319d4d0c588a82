/*
 * base/err: what went wrong, and what to do about it.
 *
 * A fallible function returns 0 or a negative class, and describes the failure in a caller-owned,
 * fixed-size struct err, so that reporting works when memory is short. The first error wins: a later
 * err_set() on the same struct changes nothing, an outer layer may only put its context in front.
 * Classes are chosen for what to do next, not for where it happened; the retry policy is one switch
 * (reconcile/retry.c).
 *
 * May include: libc. Deliberately absent: logging, allocation.
 */
#ifndef SLUICE_BASE_ERR_H
#define SLUICE_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum err_class {
	ERR_NONE = 0,
	ERR_INPUT = -1,    /* somebody has to edit an object: say so in its condition, do not retry */
	ERR_CONFLICT = -2, /* the world moved on: look again at once */
	ERR_GONE = -3,     /* a resourceVersion has expired: list again */
	ERR_NOTFOUND = -4, /* it is not there (now) */
	ERR_DENIED = -5,   /* credentials or RBAC: retry slowly, show loudly */
	ERR_BUSY = -6,     /* throttled or overloaded: obey retry_after_ms */
	ERR_NET = -7,      /* no usable answer: back off and try again */
	ERR_NOMEM = -8,    /* no memory */
	ERR_BUG = -9,      /* our own mistake */
};

struct err {
	enum err_class class;
	int http_status;        /* 0 when no HTTP answer is behind it */
	int64_t retry_after_ms; /* what the server asked for; 0 when it did not */
	char text[480];         /* one sentence for a person; never a secret */
};

#define ERR_INIT ((struct err){ .class = ERR_NONE })

/* Records class and text if err is not NULL and holds no error yet. Returns class, so that
 * `return err_set(err, ERR_INPUT, "…")` reads well. Text that does not fit is cut at a UTF-8 border. */
int err_set(struct err *err, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), cold));

/* As err_set(), for callers that have a va_list. */
int err_vset(struct err *err, enum err_class class, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0), cold));

/* Puts "context: " in front of the text of an error that is set. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3), cold));

/* Forgets the error, so that the struct can serve the next call. */
void err_clear(struct err *err);

/* Is an error recorded? */
static inline bool err_is_set(const struct err *err)
{
	return err->class != ERR_NONE;
}

/* Is a the same failure as b, for a person who reads it? */
static inline bool err_is_same(const struct err *a, const struct err *b)
{
	return a->class == b->class && strcmp(a->text, b->text) == 0;
}

/* Was it decided, by the server or whoever it asks? That does not go away by trying again soon. */
static inline bool err_class_is_refusal(enum err_class class)
{
	return class == ERR_INPUT || class == ERR_DENIED;
}

/* Does it say something of the object that was asked for: that it is not there, may not be read, or is no good? All else
 * is no answer, and the object has to be asked for again. */
static inline bool err_is_answer(const struct err *err)
{
	return err->class == ERR_NOTFOUND || err_class_is_refusal(err->class);
}

/* The class's name as logs and metrics show it: "Input", "Conflict", … */
const char *err_class_name(int class);

/* An invariant of ours: always checked, prints the place and aborts. */
#define CHECK(cond) ((cond) ? (void)0 : err_check_failed(#cond, __FILE__, __LINE__))
void err_check_failed(const char *cond, const char *file, int line) __attribute__((noreturn, cold));

#endif
