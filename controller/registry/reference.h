/*
 * registry/reference: "host[:port]/path" taken apart into where to ask and what to ask for.
 *
 * The grammar is that of distribution's reference package, as containerd applies it: the first component
 * is a host when it has a dot, a colon or brackets, or is "localhost"; without a host the repository is
 * Docker Hub's. Docker Hub is called docker.io and answers at registry-1.docker.io; its one-component
 * names lie under library/.
 *
 * May include: base, domain. Deliberately absent: tags and digests inside the text (they are refused).
 */
#ifndef SLUICE_REGISTRY_REFERENCE_H
#define SLUICE_REGISTRY_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define REFERENCE_HOST_SIZE 264 /* 255 bytes of name, colon, port, NUL */
#define REFERENCE_NAME_SIZE 256

struct reference {
	char host[REFERENCE_HOST_SIZE];      /* as people and pull secrets call it, lower case */
	char authority[REFERENCE_HOST_SIZE]; /* where requests go */
	char name[REFERENCE_NAME_SIZE];      /* "shop/web" */
};

/* Takes a repository apart. ERR_INPUT with what is wrong with it. */
int reference_parse(const char *repository, struct reference *ret_reference, struct err *err)
	__attribute__((warn_unused_result));

/* Is it the name of a tag: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}? */
bool reference_is_tag(const char *text);

/* Writes the first len bytes of text as a host with optional port, in lower case. false when they are
 * none: a DNS name, an IPv4 address or an IPv6 address in brackets, and a port from 1 to 65535. */
bool reference_read_host(const char *text, size_t len, char ret_host[static REFERENCE_HOST_SIZE]);

/* Writes what references call a host that is one: "docker.io" for each of Docker Hub's names. */
void reference_call_host(const char *host, char ret_host[static REFERENCE_HOST_SIZE]);

/* Writes where requests for that host go. */
void reference_place_host(const char *host, char ret_authority[static REFERENCE_HOST_SIZE]);

#endif
