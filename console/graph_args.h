/* An argument vector for librrd, which wants what rrdtool's command line wants. Memory running out ends the
 * program: these verbs are short-lived and have nothing to save. */
#ifndef SCM_CONSOLE_GRAPH_ARGS_H
#define SCM_CONSOLE_GRAPH_ARGS_H

#include <stddef.h>

struct graph_args {
    char **v; /* n strings, owned; v[n] is NULL once anything was added */
    size_t n, room;
};

void graph_args_add(struct graph_args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));
void graph_args_add_all(struct graph_args *args, const struct graph_args *more);
void graph_args_free(struct graph_args *args);

/* malloc'ed copies: text with ':' made "\:", which is all that an argument's field needs (a backslash
 * elsewhere stands for itself); and a path below dir, "DIR/HOST/FILE.rrd". */
char *graph_escape(const char *text);
char *graph_path(const char *dir, const char *host, const char *file);

/* The text with the first '@' replaced by instance; malloc'ed. */
char *graph_expand(const char *text, const char *instance);

/* asprintf that ends the program where there is no memory. */
char *graph_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *graph_grow(void *array, size_t count, size_t size);

#endif
