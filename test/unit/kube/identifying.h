/*
 * What the tests of kube/identity share: a program that is asked who we are, a folder with certificates, a GET.
 * May include: Check, fake/tls.h, kube.
 */
#ifndef SLUICE_TEST_KUBE_IDENTIFYING_H
#define SLUICE_TEST_KUBE_IDENTIFYING_H

#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "ended.h"
#include "fake/tls.h"

#define V1 "client.authentication.k8s.io/v1"

/* Appends a line to the file "runs"; $n is its number then. */
#define COUNT "echo run >>runs; n=$(wc -l <runs); "
#define SAY(status) "echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" V1 "\",\"status\":{" status "}}'"

/* Each test is alone in the folder: Check has made a process of its own for it. */
static inline void enter_folder(void)
{
	ck_assert_int_eq(chdir(fake_tls_folder()), 0);
	fake_tls_run("rm -f runs; cp ca.crt now-ca.crt; cp client.crt now.crt; cp client.key now.key");
}

static inline int count_runs(void)
{
	FILE *file = fopen("runs", "r");
	int lines = 0;

	for (int c; file != NULL && (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	if (file != NULL)
		(void)fclose(file);
	return lines;
}

#define PLUGIN(script)                                                                             \
	((struct kubeconfig){                                                                      \
		.exec = { .command = "/bin/sh",                                                    \
			  .args = (const char *const[]){ "-c", script, NULL },                     \
			  .api_version = V1 },                                                     \
	})

static inline void get(struct bench *bench, const char *target, struct ended *ended)
{
	struct err err = ERR_INIT;

	*ended = (struct ended){ .calls = 0 };
	ck_assert_msg(client_get(bench->client, target, on_end, ended, &err) == 0, "%s", err.text);
}

static inline void wait_for(struct bench *bench, struct ended *ended)
{
	ck_assert(fake_run_until(bench->loop, &ended->is_over, 8000));
	ck_assert_int_eq(ended->calls, 1);
}

#endif
