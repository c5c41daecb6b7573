/* Golden inputs of tests/data/hostres: the text below their '#' lines, padded as scan.h asks for. */
#ifndef SCM_TESTS_HOSTRES_DATA_H
#define SCM_TESTS_HOSTRES_DATA_H

#include <stdio.h>

#include "plugins/hostres/scan.h"
#include "tests/unit/unit.h"

/* Caller frees. Exits where there is no such file: a test without its data has no result. */
static inline char *data_load(const char *name, size_t *len)
{
    const char *src = getenv("SCM_SRC");
    char path[4096], *text = NULL;
    size_t size = 0;

    snprintf(path, sizeof path, "%s/tests/data/hostres/%s", src != NULL ? src : ".", name);
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        fprintf(stderr, "no %s: set SCM_SRC to the source directory\n", path);
        exit(99);
    }
    long start = 0;
    int c;
    while ((c = getc(f)) == '#') {
        while ((c = getc(f)) != '\n' && c != EOF)
            ;
        start = ftell(f);
    }
    fseek(f, 0, SEEK_END);
    size = (size_t)(ftell(f) - start);
    fseek(f, start, SEEK_SET);
    text = calloc(1, size + SCAN_PAD);
    if (text == NULL || fread(text, 1, size, f) != size)
        exit(99);
    fclose(f);
    *len = size;
    return text;
}

/* A copy of text with nothing but the padding behind it, so that ASan sees a step beyond. Caller frees. */
static inline char *data_pad(const char *text, size_t len)
{
    char *copy = calloc(1, len + SCAN_PAD);

    if (copy == NULL)
        exit(99);
    if (len > 0)
        memcpy(copy, text, len);
    return copy;
}

#endif
