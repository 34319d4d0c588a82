/*
 * registries: what the command line says about registries, as the registry room takes it; and its files, which are followed.
 *
 * The files of --registry-ca are read again every 5 minutes. What cannot be used then leaves the old ones in force, is told of
 * once, and is read again after 10 s. May include: base, kube/file.h, net, registry, telemetry/log.h, options.
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

struct registries;

enum registries_news {
	REGISTRIES_SAME,
	REGISTRIES_NEW,
	REGISTRIES_TROUBLE, /* another one than before */
};

/* Makes the room: what options says, with the callbacks of given. Errors as registries_configure() and registry_create(). */
int registries_create(struct loop *loop, struct http *http, const struct options *options,
		      const struct registry_options *given, struct registries **ret_registries, struct err *err)
	__attribute__((warn_unused_result));

/* The room itself. */
struct registry *registries_room(const struct registries *registries);

/* Reads the files again, and says in the log what came of it. The timer does it as well. */
enum registries_news registries_look(struct registries *registries);

/* Ends the room, too. NULL is fine. */
void registries_destroy(struct registries *registries);

#endif
