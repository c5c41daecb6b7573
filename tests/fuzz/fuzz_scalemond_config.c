/* Fuzz target: scalemond.conf, any bytes. What is accepted keeps what config.h promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void report(void *arg, const char *message)
{
    check(message[0] != '\0' && strchr(message, '\n') == NULL);
    ++*(unsigned *)arg;
}

static void check_command(const struct config_command *command)
{
    check(command->count >= 1 && command->count <= CONFIG_ARGS_MAX && command->words[command->count] == NULL);
    for (unsigned i = 0; i < command->count; i++) {
        const char *word = command->words[i];
        check(word >= command->text && word + strlen(word) < command->text + sizeof command->text);
    }
    check(command->words[0][0] == '/' || strchr(command->words[0], '/') == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned reports = 0;
    struct config *config = config_parse("fuzz", (const char *)data, size, report, &reports);
    check((config != NULL) == (reports == 0));
    if (config == NULL)
        return 0;
    check(config->interval >= 1 && config->interval <= 3600 && config->state_dir[0] == '/');
    check(config->n_portals <= CONFIG_PORTALS_MAX && config->n_limits <= CONFIG_LIMITS_MAX);
    for (size_t i = 0; i < config->n_portals; i++) {
        check(config->portals[i].name[0] != '\0' && strchr(config->portals[i].name, '/') == NULL);
        for (int which = 0; which < CONFIG_SCRIPTS; which++)
            check_command(&config->portals[i].script[which]);
    }
    for (size_t i = 0; i < config->n_limits; i++)
        check(config->limits[i].hits >= 1 && config->limits[i].metric[0] != '\0' && config->limits[i].threshold[0] != '\0');
    config_free(config);
    return 0;
}
