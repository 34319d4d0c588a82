/*
 * fake/tls: certificates made by the openssl command, and servers of it, each a process of its own.
 *
 * The folder holds two authorities (ca, other), and pairs that the first one has signed: address
 * (for 127.0.0.1), name (for inside.example), client and second (for clients). Each NAME is NAME.crt
 * and NAME.key. May include: libc, Check.
 */
#ifndef SLUICE_FAKE_TLS_H
#define SLUICE_FAKE_TLS_H

#include <stdio.h>
#include <sys/types.h>

/* Makes the folder, with a path of its own, or removes it with all that is in it. For fixtures that
 * run before and after all tests. */
void fake_tls_make(void);
void fake_tls_remove(void);

/* The folder's path. */
const char *fake_tls_folder(void);

/* The text of a file of the folder, in room. NULL for NULL. */
#define FAKE_TLS_ROOM 8192
const char *fake_tls_text(char room[static FAKE_TLS_ROOM], const char *name);

/* Runs a command of the shell in the folder; it has to succeed. */
void fake_tls_run(const char *command);

/* A process that listens. */
struct fake_tls_server {
	pid_t pid;
	FILE *output; /* open as long as it runs */
	int port;
};

/* Starts a command of the shell in the folder, and waits until it says "ACCEPT 127.0.0.1:PORT". */
struct fake_tls_server fake_tls_listen(const char *command);

/* Starts `openssl s_server` with that pair and more arguments. It answers each GET with a page. */
struct fake_tls_server fake_tls_serve(const char *pair, const char *arguments);

/* Ends it. It has to be there still: what a client met was its answer, not its end. */
void fake_tls_stop(struct fake_tls_server *server);

#endif
