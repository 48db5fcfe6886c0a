/* The main of a fuzzing target without libFuzzer: it takes each file of a folder once. */
#include <dirent.h>
#include <errno.h>

#include "fuzz.h"

enum { FILE_BYTES_MOST = 1 << 20, PATH_BYTES = 1024 };

static void file_take(const char *path)
{
    static uint8_t bytes[FILE_BYTES_MOST];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(EXIT_FAILURE);
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    /* Beforehand, so that the last one is the one at which it aborts. */
    printf("%s\n", path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv)
{
    const char *folder = argc == 2 ? argv[1] : "";
    unsigned count = 0;
    DIR *entries = opendir(folder);
    if (entries == NULL) {
        fprintf(stderr, "%s: %s\n", folder, strerror(errno));
        return EXIT_FAILURE;
    }
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char path[PATH_BYTES];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        file_take(path);
        count++;
    }
    closedir(entries);
    return count > 0 ? 0 : EXIT_FAILURE;
}
