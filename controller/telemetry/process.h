/*
 * telemetry/process: what the kernel says about this process (proc(5)).
 * May include: libc.
 */
#ifndef SLUICE_TELEMETRY_PROCESS_H
#define SLUICE_TELEMETRY_PROCESS_H

#include <stdbool.h>

struct process_usage {
	double resident_bytes;
	double cpu_seconds;   /* user and system */
	double start_seconds; /* since 1970 */
	double open_fds;
};

/* Reads /proc/self. false when it cannot be read (no /proc in the container). */
bool process_read(struct process_usage *ret_usage);

#endif
