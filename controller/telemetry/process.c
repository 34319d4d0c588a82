#include "telemetry/process.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Reads the first bytes of a file as text. */
static bool read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (file == NULL)
		return false;
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	return len > 0;
}

/* /proc/self/stat: utime 14, stime 15, starttime 22, rss 24 (fields counted from 1). The second field
 * is the program's name in parentheses and may contain anything, so the count starts behind it. */
static bool read_stat(unsigned long *ret_cpu_ticks, unsigned long long *ret_start_ticks,
		      long *ret_pages)
{
	char text[1024];
	const char *rest;
	unsigned long user;
	unsigned long system;

	if (!read_text("/proc/self/stat", text, sizeof(text)))
		return false;
	rest = strrchr(text, ')');
	if (rest == NULL ||
	    sscanf(rest + 1,
		   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d "
		   "%llu %*u %ld",
		   &user, &system, ret_start_ticks, ret_pages) != 4)
		return false;
	*ret_cpu_ticks = user + system;
	return true;
}

/* The moment of the machine's start: the line "btime N" of /proc/stat. It stands behind the lines of
 * the processors and of the interrupts, which are long. */
static bool read_boot_time(unsigned long long *ret_seconds)
{
	FILE *file = fopen("/proc/stat", "re");
	char line[512];
	bool is_found = false;

	if (file == NULL)
		return false;
	while (!is_found && fgets(line, sizeof(line), file) != NULL)
		is_found = sscanf(line, "btime %llu", ret_seconds) == 1;
	(void)fclose(file);
	return is_found;
}

static double count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	double count = 0;

	if (dir == NULL)
		return 0;
	for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		if (entry->d_name[0] != '.')
			count++;
	}
	(void)closedir(dir);
	return count - 1; /* the directory itself was open */
}

bool process_read(struct process_usage *ret_usage)
{
	unsigned long long boot_seconds;
	unsigned long long start_ticks;
	unsigned long cpu_ticks;
	long pages;
	double ticks = (double)sysconf(_SC_CLK_TCK);

	if (!read_stat(&cpu_ticks, &start_ticks, &pages) || !read_boot_time(&boot_seconds))
		return false;
	ret_usage->resident_bytes = (double)pages * (double)sysconf(_SC_PAGESIZE);
	ret_usage->cpu_seconds = (double)cpu_ticks / ticks;
	ret_usage->start_seconds = (double)boot_seconds + (double)start_ticks / ticks;
	ret_usage->open_fds = count_fds();
	return true;
}
