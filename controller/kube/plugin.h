/*
 * kube/plugin: an exec credential plugin, a program that is asked who we are.
 *
 * What it answered is in force until it expires, or until the server refuses it. It is asked again
 * some time before the end, while the old credential still serves: a quarter of its life, at most a
 * minute. One run at a time, 30 s at most; after a run that failed, and after one that a refusal
 * had caused, there is none for 5 s. The protocol is that of client.authentication.k8s.io (v1 and
 * v1beta1); the program has no terminal and nothing on its standard input.
 *
 * May include: base, net, wire/credential_json.h. Deliberately absent: who waits for it
 * (identity.h).
 */
#ifndef SLUICE_KUBE_PLUGIN_H
#define SLUICE_KUBE_PLUGIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "wire/credential_json.h"

struct kubeconfig;
struct loop;
struct plugin;

/* What a run has brought. */
enum plugin_result {
	PLUGIN_FAILED,
	PLUGIN_SAME,
	PLUGIN_NEW_TOKEN,
	PLUGIN_NEW_CERTIFICATE, /* perhaps a new token as well */
};

/* The end of a run; err says why it has failed. */
typedef void (*plugin_fn)(void *user, enum plugin_result result, const struct err *err);

/* 0 stands for what is said above. For tests. */
struct plugin_times {
	int64_t limit_ms;
	int64_t pause_ms;
};

/* A plugin that has not run yet. What it needs of config is copied. It ends with plugin_destroy(). */
struct plugin *plugin_create(struct loop *loop, const struct kubeconfig *config,
			     const struct plugin_times *times, plugin_fn fn, void *user);

/* Kills a run that is under way; fn is not called any more. NULL is fine. */
void plugin_destroy(struct plugin *plugin);

/* What is in force at now_ms (wall clock); NULL: nothing. Valid until fn is called. */
const struct credential *plugin_credential(const struct plugin *plugin, int64_t now_ms);

/* Is it time, at now_ms (wall clock), to ask again, although the old credential still serves? */
bool plugin_is_due(const struct plugin *plugin, int64_t now_ms);

bool plugin_is_running(const struct plugin *plugin);

/* Starts a run; fn follows, never from inside. is_refused: because the server does not take the
 * present credential. ca_pem: the authority that the program is told of. A run that is under way
 * already is the one. ERR_NET, ERR_DENIED (there is no such program, or it has nothing to say): it
 * cannot be started, or it is too soon after one that failed; fn does not follow then. */
int plugin_run(struct plugin *plugin, const char *ca_pem, bool is_refused, struct err *err)
	__attribute__((warn_unused_result));

#endif
