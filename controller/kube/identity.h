/*
 * kube/identity: who we are at an apiserver and whom we believe there, as it stands at this moment.
 *
 * One of these says who we are: a token (token.h), a user's name and password, a client certificate
 * (material.h), a program (plugin.h), or nothing. All but the first can be asked at any time; a
 * program has to be waited for. Everything that was renewed gets another version, so that a request
 * that was refused knows whether there is something else to try.
 *
 * May include: base, net. Deliberately absent: requests, and who waits (client.h).
 */
#ifndef SLUICE_KUBE_IDENTITY_H
#define SLUICE_KUBE_IDENTITY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

struct http_tls;
struct identity;
struct kubeconfig;
struct loop;
struct plugin_times;

struct identity_handler {
	/* Connections that are there belong to the old certificate, or were believed for the old
	 * authority. Called from inside of the functions below as well. */
	void (*on_new_tls)(void *user);
	/* What was waited for is there, or err says why not. Never from inside. */
	void (*on_settled)(void *user, const struct err *err);
	/* For the log: "certificate files", "token file" or "credential plugin" has something new, or
	 * (err is set) nothing that could be used; the old one stays in force. */
	void (*on_news)(void *user, const char *source, const struct err *err);
	void *user;
};

/* May a request be sent? */
enum identity_answer {
	IDENTITY_READY,
	IDENTITY_WAIT, /* on_settled follows */
	IDENTITY_NONE, /* err says why not; or there is nothing else to try */
};

/* Makes it and reads the files that config names; what it needs of config is copied. times: NULL for
 * the usual ones. ERR_INPUT: a file is missing or cannot be used. */
int identity_create(struct loop *loop, const struct kubeconfig *config,
		    const struct plugin_times *times, const struct identity_handler *handler,
		    struct identity **ret_identity, struct err *err)
	__attribute__((warn_unused_result));

/* on_settled is not called any more. NULL is fine. */
void identity_destroy(struct identity *identity);

/* Before each request. Looks at files whose time has come, asks the program when it is due. */
enum identity_answer identity_prepare(struct identity *identity, struct err *err);

/* What a request sends: valid until the next call of a function of this header, or of a handler. */
const struct http_tls *identity_tls(const struct identity *identity);

/* The header line, in arena's memory; NULL: none. */
const char *identity_authorization(const struct identity *identity, struct arena *arena);

/* Which identity that is. */
unsigned identity_version(const struct identity *identity);

/* The server has refused (401) what a request with that version has sent. READY: there is another
 * identity now. */
enum identity_answer identity_refused(struct identity *identity, unsigned version);

/* There was no answer: perhaps we do not believe the server, or it does not believe us. Looks at the
 * files. */
void identity_suspect(struct identity *identity);

#endif
