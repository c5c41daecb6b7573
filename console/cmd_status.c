/* scalemon status: one row per host. */
#include <string.h>

#include "console/ask.h"
#include "console/list.h"
#include "console/summary.h"

static const struct out_column columns[] = {
    {"HOST",    "host",      false},
    {"STATE",   "state",     false},
    {"LOAD",    "load",      true },
    {"CPUS",    "cpus",      true },
    {"MEM",     "mem_used",  true },
    {"OF",      "mem_total", true },
    {"IN",      "in",        true },
    {"OUT",     "out",       true },
    {"PORTALS", "portals",   false},
    {"ALARMS",  "alarms",    false},
    {NULL,      "why",       false},
};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

/* A number that people see scaled; factor makes base units of it. */
static void number(struct out *o, const struct cell *c, int64_t factor, const char *(*show)(char *, int64_t))
{
    char buf[SHOW_MAX];
    if (c->kind != CELL_NUMBER)
        out_cell(o, NULL, NULL);
    else
        out_cell(o, json_integer(c->number * factor), show(buf, c->number));
}

static void load(struct out *o, const struct cell *c)
{
    char buf[SHOW_MAX];
    if (c->kind != CELL_NUMBER)
        out_cell(o, NULL, NULL);
    else
        out_cell(o, json_real((double)c->number / 100), show_load(buf, c->number));
}

/* {"liferay": "on"} for programs, "liferay:on" for people. */
static void portals(struct out *o, const struct summary *s, const struct rows *rows)
{
    json_t *object = json_object();
    for (size_t i = 0; i < rows->n; i++) {
        const char *label =
            mib_label(PORTAL_OPER, cell_number(row_cell(&rows->row[i], PORTAL_OPER), OPER_UNKNOWN));
        json_object_set_new(object, rows->row[i].index.name, json_string(label != NULL ? label : "unknown"));
    }
    out_cell(o, object, s->portal_words);
}

static void alarms(struct out *o, const struct summary *s, const struct rows *rows)
{
    json_t *array = json_array();
    for (size_t i = 0; i < rows->n; i++)
        if (cell_number(row_cell(&rows->row[i], LIMIT_STATE), LIMIT_UNKNOWN) == LIMIT_EXCEEDED)
            json_array_append_new(array, json_string(rows->row[i].index.name));
    out_cell(o, array, s->alarm_words);
}

static void print_row(struct out *o, const struct host *h, const struct answer *a)
{
    struct summary s;
    summarise(&s, host_state(h), a);
    out_text(o, host_name(h));
    out_text(o, s.state);
    load(o, answer_scalar(a, LOAD1));
    out_mib(o, CPU_COUNT, answer_scalar(a, CPU_COUNT));
    number(o, answer_scalar(a, MEM_USED), 1024, show_bytes);
    number(o, answer_scalar(a, MEM_TOTAL), 1024, show_bytes);
    number(o, answer_scalar(a, HOST_IN_RATE), 1000, show_bits);
    number(o, answer_scalar(a, HOST_OUT_RATE), 1000, show_bits);
    portals(o, &s, &a->tables[TABLE_PORTAL]);
    alarms(o, &s, &a->tables[TABLE_LIMIT]);
    out_text(o, host_why(h));
}

static int print(struct fleet *fleet, enum out_format format)
{
    static const struct answer nothing;
    struct answer *answers = answers_new(fleet->n);
    if (answers == NULL)
        return EXIT_FAILED;
    ask_all(fleet, &summary_spec, answers);
    struct out *o = out_open(stdout, format, columns, COLUMNS, false);
    for (size_t i = 0; o != NULL && i < fleet->n; i++) /* half an answer is none */
        print_row(o, fleet->hosts[i], host_state(fleet->hosts[i]) == HOST_UP ? &answers[i] : &nothing);
    bool printed = out_close(o);
    answers_free(answers, fleet->n);
    int status = tell_down(fleet);
    return printed ? status : EXIT_FAILED;
}

struct request {
    enum out_format format;
};
static const struct option_row options[] = {OPTION_OUTPUT(struct request, format), {0}};

static int run(const struct globals *globals, int argc, char **argv)
{
    struct request r = {OUT_TABLE};
    struct fleet fleet;
    int status;
    if (!options_read(&verb_status, &argc, &argv, &r, &status))
        return status;
    status = fleet_start(&fleet, globals, argv, argc);
    if (status != EXIT_WELL)
        return status;
    status = print(&fleet, r.format);
    fleet_close(&fleet);
    return status;
}

const struct verb verb_status = {"status", "[options] [HOST|@POOL...]",
                                 "one row per host: load, memory, in, out, portals, alarms", options, run};
