/*
 * base/clock: moments and durations as numbers, and their text forms.
 *
 * A moment is milliseconds since 1970-01-01T00:00:00Z, written as RFC 3339 in UTC. A duration is
 * milliseconds, written as Go writes it ("1h30m", "10s"), because Kubernetes users know that form.
 * The current time is read in two functions only; rules get it as an argument.
 *
 * May include: libc. Deliberately absent: time zones (they come with the windows), timers (net/timer).
 */
#ifndef SLUICE_BASE_CLOCK_H
#define SLUICE_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLOCK_NEVER INT64_MAX
#define CLOCK_TEXT_SIZE 32

/* Wall-clock time, for what is written into objects. */
int64_t clock_now_ms(void);

/* Monotonic time, for measuring and for deadlines inside the process. */
int64_t clock_monotonic_ms(void);

/* Reads an RFC 3339 time, with or without a fraction, with Z or an offset. false when it is not one, or
 * when the offset leads out of the years 0000 to 9999. */
bool clock_parse(const char *text, int64_t *ret_ms);

/* Writes "2026-11-24T15:10:00Z": whole seconds, as Kubernetes stores times. Returns text. */
const char *clock_format(int64_t ms, char text[static CLOCK_TEXT_SIZE]);

/* Writes "2026-11-24T15:10:00.123456Z", the form of a MicroTime (leases, events). Returns text. */
const char *clock_format_micro(int64_t ms, char text[static CLOCK_TEXT_SIZE]);

/* Reads a duration of the units h, m, s, ms ("1h30m", "10s", "500ms"); not negative, at most 10 years.
 * false when it is not one. */
bool clock_parse_duration(const char *text, int64_t *ret_ms);

/* Writes a duration in its shortest form, whole seconds when it has some: "1h30m", "10s", "0s". What
 * is negative is over: "0s". */
const char *clock_format_duration(int64_t ms, char text[static CLOCK_TEXT_SIZE]);

#endif
