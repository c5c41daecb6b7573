/* scalemon eperf: the throughput tests of the hosts, and a run now with the wait for its end. */
#include <string.h>
#include <sys/random.h>

#include "console/list.h"

static const enum mib_object scalars[] = {AGENT_STARTED};
static const enum mib_object columns[] = {EPERF_PEER,   EPERF_PROTOCOL, EPERF_CONNECTIONS, EPERF_STATUS,
                                          EPERF_UPLOAD, EPERF_DOWNLOAD, EPERF_RETRANSMITS, EPERF_RTT,
                                          EPERF_JITTER, EPERF_LOSS,     EPERF_LAST_RUN,    EPERF_LAST_ERROR,
                                          EPERF_RUN_NOW};
static const struct fetch_spec spec = {.scalars = scalars,
                                       .n_scalars = 1,
                                       .columns = columns,
                                       .n_columns = sizeof columns / sizeof columns[0],
                                       .rows_max = 256,
                                       .rows_usual = 1};

static const char *show_us(char buf[SHOW_MAX], int64_t us)
{
    snprintf(buf, SHOW_MAX, "%.2fms", (double)us / 1000);
    return buf;
}

static const char *show_loss(char buf[SHOW_MAX], int64_t hundredths)
{
    snprintf(buf, SHOW_MAX, "%.2f%%", (double)hundredths / 100);
    return buf;
}

static const struct list_column list_columns[] = {
    {"PEER",     EPERF_PEER,        false, 0,    NULL     },
    {"PROTO",    EPERF_PROTOCOL,    false, 0,    NULL     },
    {"CONNS",    EPERF_CONNECTIONS, true,  0,    NULL     },
    {"STATUS",   EPERF_STATUS,      false, 0,    NULL     },
    {"UPLOAD",   EPERF_UPLOAD,      true,  1000, show_bits},
    {"DOWNLOAD", EPERF_DOWNLOAD,    true,  1000, show_bits},
    {"RETRANS",  EPERF_RETRANSMITS, true,  0,    NULL     },
    {"RTT",      EPERF_RTT,         true,  1,    show_us  },
    {"JITTER",   EPERF_JITTER,      true,  1,    show_us  },
    {"LOSS",     EPERF_LOSS,        true,  1,    show_loss},
    {"LAST RUN", EPERF_LAST_RUN,    false, 0,    NULL     },
    {"ERROR",    EPERF_LAST_ERROR,  false, 0,    NULL     },
};
static const struct list list = {.spec = &spec,
                                 .table = TABLE_EPERF,
                                 .row_title = "TEST",
                                 .row_key = "test",
                                 .columns = list_columns,
                                 .n = sizeof list_columns / sizeof list_columns[0]};

/* What plan() remembers in job->before. */
enum { LAST_RUN_BEFORE, RUN_ID };

/* A run is named by a number that differs from the last one's; a random one differs from everybody else's
 * too. */
static size_t plan(struct job *job, struct assignment *out)
{
    const struct row *row = answer_row_named(&job->answer, TABLE_EPERF, job->name);
    uint32_t id = 0;
    if (row == NULL) {
        job_end(job, EXIT_REFUSED, "no test %s", job->name);
        return 0;
    }
    do {
        if (getrandom(&id, sizeof id, 0) != sizeof id)
            id = (uint32_t)now_ms();
        id = id >> 1 | 1; /* SNMP libraries are at ease with 31 bits */
    } while (id == cell_number(row_cell(row, EPERF_RUN_NOW), 0));
    job->before[LAST_RUN_BEFORE] = cell_number(row_cell(row, EPERF_LAST_RUN), 0);
    job->before[RUN_ID] = id;
    out[0] = (struct assignment){.object = EPERF_RUN_NOW, .index = row->index, .number = id};
    return 1;
}

static bool judge(struct job *job)
{
    const struct row *row = answer_row_named(&job->answer, TABLE_EPERF, job->name);
    char up[SHOW_MAX], down[SHOW_MAX];
    if (row == NULL)
        return job_end(job, EXIT_FAILED, "the test is gone");
    int64_t status = cell_number(row_cell(row, EPERF_STATUS), 0);
    const char *label = mib_label(EPERF_STATUS, status);
    bool ran = cell_number(row_cell(row, EPERF_LAST_RUN), 0) != job->before[LAST_RUN_BEFORE];
    if (ran && status == RUN_FAILED)
        return job_end(job, EXIT_FAILED, "%.180s", cell_text(row_cell(row, EPERF_LAST_ERROR)));
    if (ran && status == RUN_OK)
        return job_end(job, EXIT_WELL, "upload %s, download %s",
                       show_bits(up, cell_number(row_cell(row, EPERF_UPLOAD), 0)),
                       show_bits(down, cell_number(row_cell(row, EPERF_DOWNLOAD), 0)));
    snprintf(job->text, sizeof job->text, "%s", label != NULL ? label : "?");
    return false;
}

static const struct job_kind run_kind = {.spec = &spec, .plan = plan, .judge = judge};
static const struct job_kind start_kind = {.spec = &spec, .plan = plan};

struct request {
    uint64_t timeout; /* seconds */
    bool no_wait;
    enum out_format format;
};
/* clang-format off */
#define AT(member) offsetof(struct request, member)
static const struct option_row options[] = {
    {0, "timeout", "SECONDS", "run: wait so long for the result (180)", option_number, AT(timeout), 1, 86400},
    {0, "no-wait", NULL, "run: start the test, and that is all", option_flag, AT(no_wait), 0, 0},
    OPTION_OUTPUT(struct request, format),
    {0},
};
#undef AT
/* clang-format on */

static int run(const struct globals *globals, int n, char **words)
{
    struct request r = {.timeout = 180};
    struct mib_index index;
    int status;
    if (!options_read(&verb_eperf, &n, &words, &r, &status))
        return status;
    if (n >= 1 && strcmp(words[0], "list") == 0)
        return list_run(&list, globals, r.format, words + 1, n - 1);
    if (n < 2 || strcmp(words[0], "run") != 0 || !mib_index_name(&index, words[1]))
        return verb_usage(&verb_eperf, "expected list, or run and the name of a test");
    return jobs_verb(globals, r.no_wait ? &start_kind : &run_kind, words[1], NULL, (int)r.timeout * 1000,
                     r.format, words + 2, n - 2);
}

const struct verb verb_eperf = {"eperf", "list | run NAME [options] [HOST|@POOL...]",
                                "the throughput tests; run waits for the result", options, run};
