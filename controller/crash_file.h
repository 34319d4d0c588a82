/*
 * crash_file: the crash page of this process, in a file that outlives it.
 *
 * The file is mapped, so that what was written last is there whatever ends the process. Its blocks are taken when it
 * is opened (a full disk is an error then, and no signal later), and it is locked: two processes in one file would
 * blame each other's objects. A file that is not ours is left as it is. May include: base,
 * telemetry/log.h.
 */
#ifndef SLUICE_CRASH_FILE_H
#define SLUICE_CRASH_FILE_H

#include "base/crash_page.h"
#include "base/err.h"

struct crash_file {
	int fd;
	struct crash_page page;
};

/* Opens it, or makes it (readable for its owner only). *ret_found and *ret_last as crash_page_open(). ERR_INPUT: it
 * cannot be opened, is no regular file, has another size, or other content. ERR_BUSY: another process has it.
 * ERR_NOMEM: there is no room for it. */
int crash_file_open(struct crash_file *file, const char *path, const char *program_version, int64_t now_ms,
		    enum crash_found *ret_found, struct crash_entry **ret_last, struct err *err)
	__attribute__((warn_unused_result));

/* The same for the program that runs here, with words in the log, and the page: NULL when path is NULL, or the file
 * cannot be used. That keeps nothing from working. */
struct crash_page *crash_file_take_up(struct crash_file *file, const char *path);

/* Lets go of it; what it holds stays. */
void crash_file_close(struct crash_file *file);

#endif
