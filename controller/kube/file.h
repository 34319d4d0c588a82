/*
 * kube/file: small files, read whole. May include: base.
 */
#ifndef SLUICE_KUBE_FILE_H
#define SLUICE_KUBE_FILE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

/* The content of the file as a terminated string. ERR_NOTFOUND when there is none, ERR_INPUT when
 * it cannot be read, is longer than limit bytes or holds a NUL; the text names the file. */
int file_read(struct arena *arena, const char *path, size_t limit, char **ret_text, struct err *err)
	__attribute__((warn_unused_result));

#endif
