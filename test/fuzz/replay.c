/*
 * replay: calls a target once for each file of the folders that are named. It stands where libFuzzer's main
 * stands otherwise, so that the corpus is a test with any compiler.
 *
 *	replay_NAME FOLDER…
 */
#include <dirent.h>
#include <stdio.h>

#include "fuzz.h"

static void replay(const char *path)
{
	static const size_t most = (size_t)1 << 20;
	FILE *file = fopen(path, "re");
	char *room = malloc(most);
	uint8_t *bytes;
	size_t len;

	CHECK(file != NULL && room != NULL);
	len = fread(room, 1, most, file);
	(void)fclose(file);
	bytes = malloc(len > 0 ? len : 1); /* of just that size: a sanitizer sees the first byte behind it */
	CHECK(bytes != NULL);
	memcpy(bytes, room, len);
	free(room);
	printf("%s\n", path);
	(void)fflush(stdout); /* when it crashes, this was the file */
	(void)LLVMFuzzerTestOneInput(bytes, len);
	free(bytes);
}

int main(int argc, char **argv)
{
	size_t count = 0;
	int i;

	for (i = 1; i < argc; i++) {
		DIR *folder = opendir(argv[i]);
		struct dirent *entry;

		CHECK(folder != NULL);
		while ((entry = readdir(folder)) != NULL) {
			char path[4096];

			if (entry->d_name[0] == '.')
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			replay(path);
			count++;
		}
		(void)closedir(folder);
	}
	return count > 0 ? 0 : 1;
}
