#include "console/graph_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void no_memory(void)
{
    perror("scalemon");
    exit(EXIT_FAILURE);
}

void *graph_grow(void *array, size_t count, size_t size)
{
    void *bigger = reallocarray(array, count, size);
    if (bigger == NULL)
        no_memory();
    return bigger;
}

__attribute__((format(printf, 1, 0))) static char *print(const char *format, va_list ap)
{
    char *s;
    if (vasprintf(&s, format, ap) < 0)
        no_memory();
    return s;
}

char *graph_print(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    char *s = print(format, ap);
    va_end(ap);
    return s;
}

static void take(struct graph_args *args, char *s)
{
    if (args->n + 2 > args->room) {
        args->room = args->room * 2 + 16;
        args->v = graph_grow(args->v, args->room, sizeof *args->v);
    }
    args->v[args->n++] = s;
    args->v[args->n] = NULL;
}

void graph_args_add(struct graph_args *args, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    take(args, print(format, ap));
    va_end(ap);
}

void graph_args_add_all(struct graph_args *args, const struct graph_args *more)
{
    for (size_t i = 0; i < more->n; i++)
        graph_args_add(args, "%s", more->v[i]);
}

void graph_args_free(struct graph_args *args)
{
    for (size_t i = 0; i < args->n; i++)
        free(args->v[i]);
    free(args->v);
    *args = (struct graph_args){0};
}

char *graph_escape(const char *text)
{
    char *out = graph_grow(NULL, strlen(text) + 1, 2), *p = out;
    for (; *text != '\0'; text++) {
        if (*text == ':')
            *p++ = '\\';
        *p++ = *text;
    }
    *p = '\0';
    return out;
}

char *graph_path(const char *dir, const char *host, const char *file)
{
    return graph_print("%s/%s/%s.rrd", dir, host, file);
}

char *graph_expand(const char *text, const char *instance)
{
    const char *at = strchr(text, '@');
    if (at == NULL)
        return graph_print("%s", text);
    return graph_print("%.*s%s%s", (int)(at - text), text, instance, at + 1);
}
