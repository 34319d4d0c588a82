/*
 * registry/mirror: servers that an admin has put in front of a registry.
 *
 * A mirror answers for one registry, with its repositories below a prefix or without one:
 * "docker.io=https://mirror.example.com/hub" asks for docker.io/library/nginx at mirror.example.com, as
 * hub/library/nginx. In pins and objects an image keeps the registry's name. What a mirror says of tags is
 * believed, as that of the registry itself; the bytes behind a digest are hashed wherever they come from.
 *
 * May include: base, registry. Deliberately absent: when which one is asked (query).
 */
#ifndef SLUICE_REGISTRY_MIRROR_H
#define SLUICE_REGISTRY_MIRROR_H

#include <stddef.h>

#include "base/err.h"
#include "registry/hosts.h"
#include "registry/reference.h"
#include "registry/secret.h"

struct mirror {
	char host[REFERENCE_HOST_SIZE];      /* of the registry that it stands for, as people call it */
	char authority[REFERENCE_HOST_SIZE]; /* its own */
	char prefix[REFERENCE_NAME_SIZE];    /* "hub"; "": none */
};

/* Reads "HOST=URL" (a NULL-terminated list, in the order in which mirrors are asked) into hosts->mirrors. ERR_INPUT says
 * what is wrong with which; ERR_NOMEM. Needs hosts->insecure_hosts: a URL without TLS has to be named there. */
int mirrors_read(struct hosts *hosts, const char *const *texts, struct err *err)
	__attribute__((warn_unused_result));

/* How many mirrors the reference's registry has. */
size_t mirrors_count(const struct hosts *hosts, const struct reference *reference);

/* What reference is called at the index-th of them: host and authority are the mirror's own. false when the name is too
 * long there. */
bool mirrors_place(const struct hosts *hosts, const struct reference *reference, size_t index,
		   struct reference *ret_reference);

/* As secret_credentials(), and those for each mirror of repository's registry, by the mirror's own host. The registry or
 * a mirror without an entry is asked anonymously; ERR_INPUT when none of them has one. */
int mirrors_credentials(const struct hosts *hosts, const char *json, size_t len, const char *repository,
			struct credentials *ret_credentials, struct err *err)
	__attribute__((warn_unused_result));

#endif
