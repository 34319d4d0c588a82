#include "crash_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static char folder[64];
static char path[128];

static void make_path(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/sluice-crash-XXXXXX");
	ck_assert(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof(path), "%s/crashes", folder);
}

static void remove_path(void)
{
	(void)snprintf(path, sizeof(path), "%s/crashes", folder);
	(void)remove(path);
	ck_assert(rmdir(folder) == 0);
}

static int open_file(struct crash_file *file, enum crash_found *ret_found, struct crash_entry **ret_last, struct err *err)
{
	return crash_file_open(file, path, "1.0", 1000, ret_found, ret_last, err);
}

static const struct crash_subject shop = { CRASH_READING, "Promotion", "shop", "p", "u1", "generation 1" };

/* A real process, ended by a real signal. */
static void die_of_it(int signum)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct crash_file file;
		struct crash_entry *last;
		enum crash_found found;
		struct err err = ERR_INIT;

		(void)signal(signum, SIG_DFL); /* who started the tests may ignore it, as nohup does SIGHUP */
		if (open_file(&file, &found, &last, &err) == 0 && crash_page_enter(&file.page, &shop) == NULL)
			(void)kill(getpid(), signum);
		_exit(0);
	}
	ck_assert(waitpid(pid, &status, 0) == pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(it_outlives_every_death)
{
	struct crash_file file;
	struct crash_entry *last = NULL;
	enum crash_found found;
	struct err err = ERR_INIT;

	die_of_it(SIGKILL);
	die_of_it(SIGABRT);
	die_of_it(SIGHUP); /* SIGSEGV would be the sanitizer's */
	expect_int("the next one opens it", open_file(&file, &found, &last, &err), 0);
	expect_int("it is as it was left", found, CRASH_FOUND_OURS);
	expect("the last death is known", last != NULL);
	expect_int("all three were counted", last->crashes, 3);
	expect("the object is left alone", crash_page_enter(&file.page, &shop) != NULL);
	crash_file_close(&file);
}
END_TEST

START_TEST(two_at_once_cannot_have_it)
{
	struct crash_file one;
	struct crash_file other;
	struct crash_entry *last;
	enum crash_found found;
	struct err err = ERR_INIT;

	expect_int("the first has it", open_file(&one, &found, &last, &err), 0);
	expect_int("it was new", found, CRASH_FOUND_NEW);
	expect_int("the second has not", open_file(&other, &found, &last, &err), ERR_BUSY);
	expect_contains("and knows why", err.text, "another process has it");
	crash_file_close(&one);
	err_clear(&err);
	expect_int("afterwards it has", open_file(&other, &found, &last, &err), 0);
	crash_file_close(&other);
}
END_TEST

static void make_short(void)
{
	FILE *out = fopen(path, "we");

	ck_assert(out != NULL);
	(void)fputs("apiVersion: v1\n", out);
	(void)fclose(out);
}

static void make_long(void)
{
	make_short();
	ck_assert(truncate(path, (off_t)CRASH_PAGE_SIZE + 1) == 0);
}

static void make_foreign(void)
{
	make_short();
	ck_assert(truncate(path, (off_t)CRASH_PAGE_SIZE) == 0);
}

static void make_folder(void)
{
	ck_assert(mkdir(path, 0700) == 0);
}

static void make_link(void)
{
	ck_assert(symlink("/etc/hostname", path) == 0);
}

static void make_pipe(void)
{
	ck_assert(mkfifo(path, 0600) == 0);
}

static void make_nowhere(void)
{
	(void)snprintf(path, sizeof(path), "/nowhere/at/all/crashes");
}

static void make_read_only(void)
{
	make_short();
	ck_assert(chmod(path, 0400) == 0);
}

static const struct {
	const char *name;
	void (*make)(void);
	const char *says;
	bool is_by_nobody; /* root may do everything, so it is not root who tries */
} refused[] = {
	{ "a file of another size", make_short, "has 15 bytes, and a crash file 32768", false },
	{ "one that is too long", make_long, "has 32769 bytes", false },
	{ "a file of that size with something else in it", make_foreign, "holds something else", false },
	{ "a folder", make_folder, "cannot be opened", false },
	{ "a link", make_link, "cannot be opened", false },
	{ "a pipe", make_pipe, "is no regular file", false },
	{ "a folder that is not there", make_nowhere, "cannot be opened: No such file", false },
	{ "what may not be written", make_read_only, "cannot be opened: Permission denied", true },
};

START_TEST(what_is_no_crash_file_is_refused)
{
	struct crash_file file;
	struct crash_entry *last;
	enum crash_found found;
	struct err err = ERR_INIT;
	struct stat before = { 0 };
	struct stat after = { 0 };
	bool is_nobody = refused[_i].is_by_nobody && getuid() == 0;

	refused[_i].make();
	(void)lstat(path, &before);
	ck_assert(!is_nobody || seteuid(65534) == 0);
	expect_int(refused[_i].name, open_file(&file, &found, &last, &err), ERR_INPUT);
	ck_assert(!is_nobody || seteuid(0) == 0);
	expect_contains(refused[_i].name, err.text, path);
	expect_contains(refused[_i].name, err.text, refused[_i].says);
	(void)lstat(path, &after);
	expect_int("it is left as it is", after.st_size, before.st_size);
}
END_TEST

START_TEST(a_damaged_one_begins_anew)
{
	struct crash_file file;
	struct crash_entry *last;
	enum crash_found found;
	struct err err = ERR_INIT;
	int fd;

	die_of_it(SIGKILL);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 64) == 8);
	(void)close(fd);
	expect_int("it opens", open_file(&file, &found, &last, &err), 0);
	expect_int("and says so", found, CRASH_FOUND_DAMAGED);
	expect("nobody is blamed", last == NULL);
	crash_file_close(&file);
}
END_TEST

START_TEST(taking_it_up_never_fails)
{
	struct crash_file file;

	expect("without one there is no page", crash_file_take_up(&file, NULL) == NULL);
	crash_file_close(&file);
	make_nowhere();
	expect("with a bad one there is none", crash_file_take_up(&file, path) == NULL);
	crash_file_close(&file);
	(void)snprintf(path, sizeof(path), "%s/crashes", folder);
	expect("with a good one there is", crash_file_take_up(&file, path) == &file.page);
	crash_file_close(&file);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_checked_fixture(tests, make_path, remove_path);
	tcase_add_test(tests, it_outlives_every_death);
	tcase_add_test(tests, two_at_once_cannot_have_it);
	suite_add_rows(tests, what_is_no_crash_file_is_refused, refused);
	tcase_add_test(tests, a_damaged_one_begins_anew);
	tcase_add_test(tests, taking_it_up_never_fails);
}

SUITE_MAIN("crash file", add)
