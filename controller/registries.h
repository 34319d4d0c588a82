/*
 * registries: what the command line says about registries, as the registry room takes it.
 *
 * May include: base, kube/file.h, net/pem.h, registry, options.
 */
#ifndef SLUICE_REGISTRIES_H
#define SLUICE_REGISTRIES_H

#include "base/arena.h"
#include "base/err.h"
#include "options.h"
#include "registry/observed.h"

/* Fills in hosts, mirrors and CAs, whose files are read here; all of it lives in options and arena. ERR_NOTFOUND or
 * ERR_INPUT: a file is missing, or holds no certificates. */
int registries_configure(const struct options *options, struct arena *arena,
			 struct registry_options *ret_options, struct err *err)
	__attribute__((warn_unused_result));

#endif
