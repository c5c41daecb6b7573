/* Fuzz target: the script table. The input is three command lines, which either become scripts 0, 1 and 2 of a portal, word for
 * word as a reference splitter has them, or are refused; and no index beyond them is accepted. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"
#include "agent/runner_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *arg, const char *message)
{
}

/* Word `wanted` of a command line, character by character; false: there is no such word. */
static bool reference_word(const char *line, unsigned wanted, char *word, size_t size)
{
    unsigned n = 0;
    size_t used = 0;
    bool in_word = false;
    char quote = '\0';
    for (const char *p = line;; p++) {
        bool blank = quote == '\0' && (*p == ' ' || *p == '\t' || *p == '\0');
        if (blank && in_word) {
            if (n == wanted) {
                word[used] = '\0';
                return true;
            }
            n++;
            used = 0;
            in_word = false;
        }
        if (*p == '\0')
            return false;
        if (blank)
            continue;
        in_word = true;
        if (quote == '\0' && (*p == '\'' || *p == '"'))
            quote = *p;
        else if (*p == quote)
            quote = '\0';
        else if (n == wanted && used + 1 < size)
            word[used++] = *p;
    }
}

static void check_script(const struct config_command *command, const char *line)
{
    char word[CONFIG_COMMAND_MAX + 2];
    for (unsigned i = 0; i < command->count; i++)
        if (!reference_word(line, i, word, sizeof word) || strcmp(word, command->words[i]) != 0)
            abort();
    if (reference_word(line, command->count, word, sizeof word))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char lines[CONFIG_SCRIPTS][CONFIG_COMMAND_MAX + 1] = {""}, text[4096];
    size_t at = 0;
    for (int which = 0; which < CONFIG_SCRIPTS; which++) {
        size_t len = 0;
        for (; at < size && data[at] != '\n' && len < CONFIG_COMMAND_MAX; at++)
            /* what the INI reader gives a meaning to, or takes away at the start, is its own fuzz target's business */
            if (strchr("\r;", data[at]) == NULL && (len > 0 || strchr(" \t\v\f", data[at]) == NULL))
                lines[which][len++] = (char)data[at];
        at += at < size;
        while (len > 0 && strchr(" \t\v\f", lines[which][len - 1]) != NULL)
            lines[which][--len] = '\0';
    }
    int len = snprintf(text, sizeof text, "[portal p]\nstart=%s\nstop=%s\nstatus=%s\n", lines[0], lines[1], lines[2]);
    struct config *config = config_parse("fuzz", text, (size_t)len, ignore, NULL);
    if (config == NULL)
        return 0;
    struct runner_request request = {.magic = RUNNER_MAGIC, .kind = RUNNER_RUN, .run = 1}, got;
    for (uint32_t script = 0; script < 2 * CONFIG_SCRIPTS; script++) {
        request.script = script;
        bool good = runner_request_parse(&request, sizeof request, (uint32_t)config->n_portals * CONFIG_SCRIPTS, &got);
        if (good != (script < CONFIG_SCRIPTS))
            abort();
        if (good)
            check_script(&config->portals[script / CONFIG_SCRIPTS].script[script % CONFIG_SCRIPTS], lines[script]);
    }
    config_free(config);
    return 0;
}
