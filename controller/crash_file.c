#include "crash_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "telemetry/log.h"

static int refuse(enum err_class class, const char *path, const char *what, int number, struct err *err)
{
	return err_set(err, class, "crash file %s: %s: %s", path, what, strerror(number));
}

/* Is it one that may be used? A new one is empty. */
static int check(int fd, const char *path, struct err *err)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return refuse(ERR_INPUT, path, "cannot be looked at", errno, err);
	if (!S_ISREG(info.st_mode))
		return err_set(err, ERR_INPUT, "crash file %s: is no regular file", path);
	if (info.st_size != 0 && info.st_size != (off_t)CRASH_PAGE_SIZE)
		return err_set(err, ERR_INPUT, "crash file %s: has %lld bytes, and a crash file %zu; remove it, or name another",
			       path, (long long)info.st_size, CRASH_PAGE_SIZE);
	return 0;
}

static int map(int fd, const char *path, void **ret_memory, struct err *err)
{
	int number;
	void *memory;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return refuse(ERR_BUSY, path, "another process has it", errno, err);
	number = posix_fallocate(fd, 0, (off_t)CRASH_PAGE_SIZE);
	if (number != 0)
		return refuse(ERR_NOMEM, path, "there is no room for it", number, err);
	memory = mmap(NULL, CRASH_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return refuse(ERR_NOMEM, path, "cannot be mapped", errno, err);
	*ret_memory = memory;
	return 0;
}

int crash_file_open(struct crash_file *file, const char *path, const char *program_version, int64_t now_ms,
		    enum crash_found *ret_found, struct crash_entry **ret_last, struct err *err)
{
	void *memory;

	*file = (struct crash_file){ .fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600) };
	if (file->fd < 0)
		return refuse(ERR_INPUT, path, "cannot be opened", errno, err);
	if (check(file->fd, path, err) < 0 || map(file->fd, path, &memory, err) < 0) {
		crash_file_close(file);
		return err->class;
	}
	*ret_found = crash_page_open(&file->page, memory, program_version, now_ms, ret_last);
	if (*ret_found != CRASH_FOUND_FOREIGN)
		return 0;
	crash_file_close(file);
	return err_set(err, ERR_INPUT, "crash file %s: holds something else; remove it, or name another", path);
}

static void report(enum crash_found found, const struct crash_entry *last)
{
	if (found == CRASH_FOUND_DAMAGED)
		log_warn("the crash file was damaged: no crash before this start is known");
	else if (found == CRASH_FOUND_OTHER)
		log_info("the crash file is of another version of Sluice: what crashed that one is tried again");
	if (last != NULL)
		log_at_error("the process before this one ended while it dealt with an object",
			     log_text("kind", last->kind), log_text("namespace", last->namespace),
			     log_text("name", last->name), log_text("version", last->version),
			     log_number("crashes", last->crashes), log_number("limit", CRASH_LIMIT));
}

struct crash_page *crash_file_take_up(struct crash_file *file, const char *path)
{
	struct crash_entry *last = NULL;
	enum crash_found found = CRASH_FOUND_NEW;
	struct err err = ERR_INIT;

	*file = (struct crash_file){ .fd = -1 };
	if (path == NULL) {
		log_info("there is no --crash-file: an object that crashes the operator is not put into quarantine");
		return NULL;
	}
	if (crash_file_open(file, path, SLUICE_VERSION, clock_now_ms(), &found, &last, &err) < 0) {
		log_warn("an object that crashes the operator is not put into quarantine", log_error(&err));
		return NULL;
	}
	report(found, last);
	return &file->page;
}

void crash_file_close(struct crash_file *file)
{
	if (file->page.memory != NULL)
		(void)munmap(file->page.memory, CRASH_PAGE_SIZE);
	if (file->fd >= 0)
		(void)close(file->fd);
	*file = (struct crash_file){ .fd = -1 };
}
