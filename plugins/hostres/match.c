#include "plugins/hostres/match.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct match_entry {
    char *name; /* NULL: a regular expression */
    regex_t regex;
};

static int compile(struct match_entry *e, const char *text, size_t len, char *error, size_t error_size)
{
    char *body = strndup(text + 1, len - 2);
    if (body == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    int rc = regcomp(&e->regex, body, REG_EXTENDED | REG_NOSUB);
    free(body);
    if (rc != 0)
        regerror(rc, &e->regex, error, error_size);
    return rc == 0 ? 0 : -1;
}

int match_add(struct match *m, const char *text, char *error, size_t error_size)
{
    size_t len = strlen(text);

    if (len == 0) {
        snprintf(error, error_size, "an empty name");
        return -1;
    }
    struct match_entry *grown = reallocarray(m->entry, m->n + 1, sizeof *grown);
    if (grown == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    m->entry = grown;
    struct match_entry *e = &m->entry[m->n];
    *e = (struct match_entry){.name = NULL};
    if (len > 2 && text[0] == '/' && text[len - 1] == '/') {
        if (compile(e, text, len, error, error_size) != 0)
            return -1;
    } else if ((e->name = strdup(text)) == NULL) {
        snprintf(error, error_size, "out of memory");
        return -1;
    }
    m->n++;
    return 0;
}

bool match_wants(const struct match *m, const char *name)
{
    if (m->n == 0)
        return true;
    for (size_t i = 0; i < m->n; i++) {
        const struct match_entry *e = &m->entry[i];
        if (e->name != NULL ? strcmp(e->name, name) == 0 : regexec(&e->regex, name, 0, NULL, 0) == 0)
            return !m->ignore;
    }
    return m->ignore;
}

void match_free(struct match *m)
{
    for (size_t i = 0; i < m->n; i++) {
        if (m->entry[i].name == NULL)
            regfree(&m->entry[i].regex);
        free(m->entry[i].name);
    }
    free(m->entry);
    *m = (struct match){0};
}
