/*
 * operator: the parts of the running operator, wired together.
 *
 * The order of a start: health and metrics first, so that a probe has somebody to talk to; then the
 * apiserver, the registries, the watches; the lease last, so that a replica that comes to lead
 * knows the world already. The order of an end: no new write, the answers of those under way, the
 * lease given back, and out. May include: everything.
 */
#ifndef SLUICE_OPERATOR_H
#define SLUICE_OPERATOR_H

#include "base/err.h"
#include "options.h"

struct operator;

/* Starts everything. options must outlive it. ERR_INPUT: an option or the kubeconfig is wrong;
 * ERR_BUSY: the address is taken; ERR_NOMEM, ERR_BUG. */
int operator_create(const struct options *options, struct operator** ret_operator, struct err *err)
	__attribute__((warn_unused_result));

/* Runs until a signal has ended it, or the lease was lost. Returns the exit code of the process. */
int operator_run(struct operator *operator);

/* Tears everything down. NULL is fine. */
void operator_destroy(struct operator *operator);

#endif
