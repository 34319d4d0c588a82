#include "failing.h"

#include <errno.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "blocks.h"

#define RANGES 512

struct range {
	uintptr_t begin;
	uintptr_t end;
	const char *library; /* NULL: the program's own */
	bool is_server;      /* of the tests */
};

static struct range ranges[RANGES];
static size_t range_count;
static uintptr_t base; /* of the program */
static struct failing *state;

struct failing *failing_state(void)
{
	return state;
}

/* ---- who asks ---- */

static void add_range(uintptr_t begin, uintptr_t end, const char *library, bool is_server)
{
	if (range_count < RANGES)
		ranges[range_count++] = (struct range){ begin, end, library, is_server };
}

static const char *named_library(const char *path, char *names)
{
	const char *slash = strrchr(path, '/');
	const char *file = slash == NULL ? path : slash + 1;
	char *rest = names;

	for (char *name; (name = strsep(&rest, ":")) != NULL;) {
		if (*name != '\0' && strncmp(file, name, strlen(name)) == 0)
			return file;
	}
	return NULL;
}

static int on_object(struct dl_phdr_info *info, size_t size, void *user)
{
	const char *wanted = getenv("FAILING_LIBRARIES");
	char names[256];
	const char *library;

	(void)size;
	(void)user;
	if (info->dlpi_name[0] == '\0' && base == 0)
		base = info->dlpi_addr;
	(void)snprintf(names, sizeof(names), "%s", wanted == NULL ? "" : wanted);
	library = named_library(info->dlpi_name, names);
	for (size_t i = 0; library != NULL && i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0)
			add_range(info->dlpi_addr + part->p_vaddr, info->dlpi_addr + part->p_vaddr + part->p_memsz, library,
				  false);
	}
	return 0;
}

static void read_ranges(void)
{
	const char *path = getenv("FAILING_RANGES");
	FILE *in = path == NULL ? NULL : fopen(path, "re");
	unsigned long begin;
	unsigned long end;
	unsigned whose;

	if (in == NULL)
		return;
	(void)dl_iterate_phdr(on_object, NULL);
	while (fscanf(in, "%lx %lx %u", &begin, &end, &whose) == 3)
		add_range(base + begin, base + end, NULL, whose == 0);
	(void)fclose(in);
}

__attribute__((constructor)) static void begin(void)
{
	const char *at = getenv("FAILING_AT");
	void *shared = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		abort();
	blocks_begin();
	read_ranges();
	state = shared;
	state->is_for_good = getenv("FAILING_FOR_GOOD") != NULL;
	state->fail_at = at == NULL ? 0 : strtoull(at, NULL, 10);
	(void)unsetenv("LD_PRELOAD");
}

static const struct range *find_range(uintptr_t address)
{
	for (size_t i = 0; i < range_count; i++) {
		if (address >= ranges[i].begin && address < ranges[i].end)
			return &ranges[i];
	}
	return NULL;
}

/* Who asks the code under test, or this library, for whom it asks? frame is that of a function here: the programs have
 * frame pointers, and the libraries, which have none, are not walked through. */
static bool is_for_server(void *const *frame)
{
	const struct range *range = find_range((uintptr_t)frame[1]);

	while (range != NULL && range->library == NULL && !range->is_server) {
		frame = frame[0];
		range = find_range((uintptr_t)frame[1]);
	}
	return range != NULL && range->is_server;
}

static void note(const struct range *range, uintptr_t address)
{
	if (state->has_failed)
		return;
	state->has_failed = true;
	state->place = range->library == NULL ? address - base : 0;
	(void)snprintf(state->library, sizeof(state->library), "%s", range->library == NULL ? "" : range->library);
}

enum answer { GRANTED_TO_OTHERS, GRANTED, REFUSED };

static enum answer ask(void *const *frame)
{
	uintptr_t address = (uintptr_t)frame[1];
	const struct range *range = state == NULL ? NULL : find_range(address);
	uint64_t number;

	if (range == NULL || is_for_server(frame))
		return GRANTED_TO_OTHERS;
	number = __atomic_add_fetch(&state->asked, 1, __ATOMIC_SEQ_CST);
	if (number != state->fail_at && !(state->is_for_good && state->fail_at != 0 && number > state->fail_at))
		return GRANTED;
	note(range, address);
	errno = ENOMEM;
	return REFUSED;
}

#define ASK() ask(__builtin_frame_address(0))

/* ---- the requests ---- */

static void *give(enum answer answer, size_t size)
{
	return answer == REFUSED ? NULL : blocks_give(size, answer == GRANTED);
}

static void *give_again(enum answer answer, void *memory, size_t size)
{
	return answer == REFUSED ? NULL : blocks_give_again(memory, size, answer == GRANTED);
}

static char *copy(enum answer answer, const char *text, size_t len)
{
	char *memory = give(answer, len + 1);

	if (memory != NULL) {
		memcpy(memory, text, len);
		memory[len] = '\0';
	}
	return memory;
}

void *malloc(size_t size)
{
	return give(ASK(), size);
}

void *calloc(size_t count, size_t size)
{
	enum answer answer = ASK();

	return answer == REFUSED ? NULL : blocks_give_zeroed(count, size, answer == GRANTED);
}

void *realloc(void *memory, size_t size)
{
	return give_again(ASK(), memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	size_t bytes = 0;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return give_again(ASK(), memory, bytes);
}

void free(void *memory)
{
	blocks_take(memory);
}

char *strdup(const char *text)
{
	return copy(ASK(), text, strlen(text));
}

char *strndup(const char *text, size_t len)
{
	return copy(ASK(), text, strnlen(text, len));
}

__attribute__((format(printf, 3, 0)))
static int print(enum answer answer, char **ret_text, const char *format, va_list ap)
{
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	*ret_text = len < 0 ? NULL : give(answer, (size_t)len + 1);
	return *ret_text == NULL ? -1 : vsnprintf(*ret_text, (size_t)len + 1, format, ap);
}

int vasprintf(char **ret_text, const char *format, va_list ap)
{
	return print(ASK(), ret_text, format, ap);
}

int asprintf(char **ret_text, const char *format, ...)
{
	enum answer answer = ASK();
	va_list ap;
	int len;

	va_start(ap, format);
	len = print(answer, ret_text, format, ap);
	va_end(ap);
	return len;
}

/* ---- the end ---- */

static void look_for_leaks(void)
{
	if (state != NULL && state->has_failed && blocks_are_lost())
		state->has_leaked = true;
}

/* Where a process ends itself after a failed assertion. */
void _exit(int status)
{
	if (status == EXIT_FAILURE)
		look_for_leaks();
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

__attribute__((destructor)) static void end(void)
{
	look_for_leaks();
}
